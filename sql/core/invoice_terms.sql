/*
description: >
  Subscription terms that were paid for: the service periods of paid invoice lines. Free periods
  (a trial, a full discount) are no terms, and neither are corrections within a period. A period is
  whole months if it ends on the day of the month on which it began, or the last of a month that is
  too short, give or take a day; one that began on a month's last day may also end on a later day,
  up to the 31st that its vendor keeps as anchor. Of periods of a plan that follow each other with
  equally many days all are whole months or none is: four weeks stay four weeks in February.
grain: [namespace, subscription_id, term_start_date]
columns:
  namespace: {type: string, description: Namespace in which subscription_id is unique.}
  subscription_id: {type: string, description: The subscription.}
  plan_id: {type: string, description: Plan or product family.}
  arr_amount: {type: "decimal(18,4)", description: 'Annualised price: by months where the period is whole months, else by weeks (52 a year), else by days (365).'}
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
        months_between_anchored(term_start_date, term_end_date + 1) as month_count,
        case
            when date_part('day', term_start_date + 1) = 1 then 31
            else date_part('day', term_start_date)
        end as latest_anchor_day,
        cast(term_end_date - term_start_date as bigint) as day_count
    from paid_periods

),

compared_periods as (

    select
        *,
        month_count > 0
            and term_end_date
                <= add_months_anchored(term_start_date, month_count, latest_anchor_day) + 1
            as is_whole_months,
        day_count is distinct from lag(day_count) over (
            partition by namespace, subscription_id, plan_id
            order by term_start_date
        ) as is_other_length
    from measured_periods

),

numbered_periods as (

    select
        *,
        count(*) filter (where is_other_length) over (
            partition by namespace, subscription_id, plan_id
            order by term_start_date
        ) as run_number
    from compared_periods

),

judged_periods as (

    select
        *,
        bool_and(is_whole_months) over (
            partition by namespace, subscription_id, plan_id, run_number
        ) as is_monthly
    from numbered_periods

),

invoice_terms as (

    select
        namespace,
        subscription_id,
        plan_id,
        cast(
            case
                when is_monthly then amount * 12 / month_count
                when day_count % 7 = 0 then amount * 7 * 52 / day_count
                else amount * 365 / day_count
            end as decimal(18, 4)
        ) as arr_amount,
        currency,
        term_start_date,
        term_end_date,
        confirmed_date
    from judged_periods

)

select * from invoice_terms
