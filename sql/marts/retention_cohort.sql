/*
description: >
  Of the customers who were first active in a local month, how many were active again in each month
  after it: by orders, and by any contact that they sought. The month itself has offset 0 and rate 1.
grain: [basis, cohort_start_date, month_offset]
columns:
  basis: {type: string, description: 'purchase (an order that was not given back in full) or activity (any touchpoint from the customer).'}
  cohort_start_date: {type: date, description: Local month in which the customers were first active.}
  month_offset: {type: int64, description: Months after it.}
  period_start_date: {type: date, description: The month looked at.}
  cohort_customer_count: {type: int64, description: Customers of the cohort.}
  retained_on_count: {type: int64, description: Those active in the month looked at.}
  retained_on_rate:
    type: float64
    description: retained_on_count over cohort_customer_count.
    definition: customers of the cohort who are active in exactly that month / customers of the cohort
    authority: 'Mixpanel retention, on'
    edge_cases:
      - A month that is not over yet is incomplete, so that young cohorts do not look worse.
  retained_on_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  retained_on_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  retained_on_or_after_count: {type: int64, description: Those active in the month looked at or any later one.}
  retained_on_or_after_rate:
    type: float64
    description: retained_on_or_after_count over cohort_customer_count; it may still rise.
    definition: customers of the cohort who are active in that month or later / customers of the cohort
    authority: 'Mixpanel retention, on or after'
  retained_on_or_after_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  retained_on_or_after_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  is_complete: {type: bool, description: 'Whether the month looked at is over, with late_days.'}
  is_suppressed: {type: bool, description: Whether rates are withheld because the cohort is below min_cell.}
checks:
  - retained_on_count <= retained_on_or_after_count
  - retained_on_or_after_count <= cohort_customer_count
  - month_offset > 0 or retained_on_count = cohort_customer_count
*/
with

active_months as (

    select distinct
        'purchase' as basis,
        customer_key,
        period_start(ordered_date, 'month') as period_start_date
    from core.orders
    where customer_key is not null
        and not is_fully_refunded
    union all
    select
        'activity' as basis,
        customer_key,
        period_start_date
    from segments.lifecycle
    where status != 'dormant'

),

customer_spans as (

    select
        basis,
        customer_key,
        min(period_start_date) as cohort_start_date,
        max(period_start_date) as last_start_date
    from active_months
    group by basis, customer_key

),

cohorts as (

    select
        basis,
        cohort_start_date,
        count(*) as cohort_customer_count
    from customer_spans
    group by basis, cohort_start_date

),

activity_sums as (

    select
        customer_spans.basis,
        customer_spans.cohort_start_date,
        active_months.period_start_date,
        count(*) as retained_on_count
    from customer_spans
    inner join active_months
        on customer_spans.basis = active_months.basis
        and customer_spans.customer_key = active_months.customer_key
    group by
        customer_spans.basis,
        customer_spans.cohort_start_date,
        active_months.period_start_date

),

last_sums as (

    select
        basis,
        cohort_start_date,
        last_start_date,
        count(*) as customer_count
    from customer_spans
    group by basis, cohort_start_date, last_start_date

),

cohort_months as (

    select
        cohorts.basis,
        cohorts.cohort_start_date,
        periods.period_start_date,
        periods.period_end_date,
        cohorts.cohort_customer_count,
        coalesce(sum(last_sums.customer_count), 0) as retained_on_or_after_count
    from cohorts
    inner join core.periods
        on cohorts.cohort_start_date <= periods.period_start_date
        and periods.period_unit = 'month'
    left join last_sums
        on cohorts.basis = last_sums.basis
        and cohorts.cohort_start_date = last_sums.cohort_start_date
        and periods.period_start_date <= last_sums.last_start_date
    group by
        cohorts.basis,
        cohorts.cohort_start_date,
        periods.period_start_date,
        periods.period_end_date,
        cohorts.cohort_customer_count

),

shown_months as (

    select
        cohort_months.*,
        coalesce(activity_sums.retained_on_count, 0) as retained_on_count,
        case
            when cohort_months.cohort_customer_count >= settings.min_cell
                then cohort_months.cohort_customer_count
        end as shown_count,
        cohort_months.period_end_date <= $as_of_date + 1 - settings.late_days as is_complete
    from cohort_months
    cross join config.settings as settings
    left join activity_sums
        on cohort_months.basis = activity_sums.basis
        and cohort_months.cohort_start_date = activity_sums.cohort_start_date
        and cohort_months.period_start_date = activity_sums.period_start_date

),

retention_cohort as (

    select
        basis,
        cohort_start_date,
        months_between_anchored(cohort_start_date, period_start_date) as month_offset,
        period_start_date,
        cohort_customer_count,
        retained_on_count,
        rate(retained_on_count, shown_count) as retained_on_rate,
        wilson_low(retained_on_count, shown_count) as retained_on_wilson_low,
        wilson_high(retained_on_count, shown_count) as retained_on_wilson_high,
        retained_on_or_after_count,
        rate(retained_on_or_after_count, shown_count) as retained_on_or_after_rate,
        wilson_low(retained_on_or_after_count, shown_count) as retained_on_or_after_wilson_low,
        wilson_high(retained_on_or_after_count, shown_count)
            as retained_on_or_after_wilson_high,
        is_complete,
        shown_count is null as is_suppressed
    from shown_months

)

select * from retention_cohort
