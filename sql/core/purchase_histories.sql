/*
description: >
  Purchase histories as Fader and Hardie define them, at two moments: at the end of $as_of_date
  (full), and in the middle of all that is known (calibration), so that models fitted to the first
  half can be held against the second. Customers who first bought later are left out.
grain: [period, customer_key]
columns:
  period: {type: string, description: 'full or calibration.'}
  customer_key: {type: int64, description: Join key of the customer.}
  monetary_value: {type: float64, description: Mean net amount of purchase days after the first; 0 if there was one day.}
  frequency: {type: int64, description: Purchase days after the first.}
  recency_days: {type: int64, description: Days between first and last purchase day.}
  age_days: {type: int64, description: Days between first purchase day and the end of the period.}
  first_purchase_date: {type: date, description: First purchase day.}
  last_purchase_date: {type: date, description: Last purchase day of the period.}
  period_end_date: {type: date, description: 'Last day of the period: $as_of_date, or the day half-way from the first purchase of all to it.'}
checks:
  - recency_days between 0 and age_days
*/
with

known_days as (

    select
        min(purchase_date) as first_date,
        cast($as_of_date - min(purchase_date) as bigint) as day_count
    from core.purchase_days

),

periods as (

    select
        'full' as period,
        $as_of_date as period_end_date
    union all
    select
        'calibration' as period,
        first_date + cast(floor(rate(day_count, 2)) as bigint) as period_end_date
    from known_days

),

purchase_sums as (

    select
        periods.period,
        purchase_days.customer_key,
        periods.period_end_date,
        count(*) - 1 as frequency,
        min(purchase_days.purchase_date) as first_purchase_date,
        max(purchase_days.purchase_date) as last_purchase_date,
        sum(purchase_days.net_amount)
            - first_value(purchase_days.net_amount order by purchase_days.purchase_date)
            as repeat_amount
    from periods
    inner join core.purchase_days
        on purchase_days.purchase_date <= periods.period_end_date
    group by periods.period, purchase_days.customer_key, periods.period_end_date

),

purchase_histories as (

    select
        period,
        customer_key,
        case
            when frequency = 0 then cast(0 as double)
            else rate(repeat_amount, frequency)
        end as monetary_value,
        frequency,
        cast(last_purchase_date - first_purchase_date as bigint) as recency_days,
        cast(period_end_date - first_purchase_date as bigint) as age_days,
        first_purchase_date,
        last_purchase_date,
        period_end_date
    from purchase_sums

)

select * from purchase_histories
