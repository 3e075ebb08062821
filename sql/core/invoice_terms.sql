/*
description: >
  Subscription terms that were paid for: the service periods of paid invoice lines. Free periods
  (a trial, a full discount) are no terms, and neither are corrections within a period.
grain: [namespace, subscription_id, term_start_date]
columns:
  namespace: {type: string, description: Namespace in which subscription_id is unique.}
  subscription_id: {type: string, description: The subscription.}
  plan_id: {type: string, description: Plan or product family.}
  arr_amount: {type: "decimal(18,4)", description: 'Annualised price: by months where the period is whole months, else by weeks, else by days.'}
  currency: {type: string, description: ISO 4217 currency of arr_amount.}
  term_start_date: {type: date, description: First day of the term.}
  term_end_date: {type: date, description: Day after the last day.}
  confirmed_date: {type: date, description: Local day the term was paid in full.}
checks:
  - arr_amount > 0
*/
with

paid_periods as (

    select
        namespace,
        subscription_id,
        period_start_date as term_start_date,
        max(period_end_date) as term_end_date,
        max(plan_id) as plan_id,
        max(currency) as currency,
        max(local_date(paid_at, $timezone)) as confirmed_date,
        sum(amount) as amount
    from core.invoice_lines
    where is_paid
        and not is_proration
        and subscription_id is not null
        and period_end_date > period_start_date
    group by namespace, subscription_id, period_start_date
    having sum(amount) > 0

),

measured_periods as (

    select
        *,
        cast(
            (date_part('year', term_end_date) - date_part('year', term_start_date)) * 12
                + date_part('month', term_end_date) - date_part('month', term_start_date)
            as bigint
        ) as month_count,
        cast(term_end_date - term_start_date as bigint) as day_count
    from paid_periods

),

invoice_terms as (

    select
        namespace,
        subscription_id,
        plan_id,
        cast(
            case
                when month_count > 0 and day_count >= 28 then amount * 12 / month_count
                when day_count % 7 = 0 then amount * 7 * 52 / day_count
                else amount * 365 / day_count
            end as decimal(18, 4)
        ) as arr_amount,
        currency,
        term_start_date,
        term_end_date,
        confirmed_date
    from measured_periods

)

select * from invoice_terms
