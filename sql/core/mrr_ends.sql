/*
description: >
  Recurring revenue after the last day of each month, quarter and year, counted from the terms in
  service that day and not from movements, so that marts.mrr can prove one with the other.
grain: [period_unit, period_start_date, currency]
columns:
  period_unit: {type: string, description: 'month, quarter or year.'}
  period_start_date: {type: date, description: First day of the period.}
  currency: {type: string, description: ISO 4217 currency of the amounts.}
  mrr_amount: {type: "decimal(18,4)", description: 'Monthly recurring revenue after the last day, or after $as_of_date if that is earlier.'}
  arr_amount: {type: "decimal(18,4)", description: The same per year.}
*/
with

period_ends as (

    select
        period_unit,
        period_start_date,
        least(period_end_date - 1, $as_of_date) as last_date
    from core.periods

),

service as (

    select
        period_ends.period_unit,
        period_ends.period_start_date,
        terms.currency,
        terms.customer_key,
        terms.arr_amount,
        case
            when terms.paused_from_date <= period_ends.last_date
                and coalesce(terms.paused_to_date > period_ends.last_date, true)
                then terms.arr_amount
            else 0
        end as paused_arr_amount
    from period_ends
    inner join core.subscription_service as terms
        on period_ends.last_date >= terms.service_start_date
        and coalesce(period_ends.last_date < terms.service_end_date, true)
    where terms.customer_key is not null

),

-- Rounded per customer and per paused term, like the movements.
customers as (

    select
        period_unit,
        period_start_date,
        currency,
        customer_key,
        sum(arr_amount - paused_arr_amount) as arr_amount,
        cast(sum(arr_amount) / 12 as decimal(18, 4))
            - sum(cast(paused_arr_amount / 12 as decimal(18, 4))) as mrr_amount
    from service
    group by period_unit, period_start_date, currency, customer_key

),

mrr_ends as (

    select
        period_unit,
        period_start_date,
        currency,
        cast(sum(mrr_amount) as decimal(18, 4)) as mrr_amount,
        cast(sum(arr_amount) as decimal(18, 4)) as arr_amount
    from customers
    group by period_unit, period_start_date, currency

)

select * from mrr_ends
