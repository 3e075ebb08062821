/*
description: >
  Subscription terms summed per month, quarter and year and currency, from the period of the first
  term on: what fell due there, what was signed there, which trials ended there.
grain: [period_unit, period_start_date, currency]
columns:
  period_unit: {type: string, description: 'month, quarter or year.'}
  period_start_date: {type: date, description: First day of the period.}
  period_end_date: {type: date, description: Day after the last day of the period.}
  currency: {type: string, description: ISO 4217 currency of the amounts.}
  due_count: {type: int64, description: Terms that fell due and are decided.}
  renewed_count: {type: int64, description: Of these renewed.}
  renewed_early_count: {type: int64, description: Of these renewed before the due date.}
  renewed_late_count: {type: int64, description: Of these renewed within the grace period.}
  open_count: {type: int64, description: Terms that fell due and are undecided.}
  due_arr_amount: {type: "decimal(18,4)", description: Annualised price that fell due and is decided.}
  renewed_arr_amount: {type: "decimal(18,4)", description: Annualised price of the new terms.}
  kept_arr_amount: {type: "decimal(18,4)", description: 'The same, at most what was due of each term.'}
  booked_arr_amount: {type: "decimal(18,4)", description: 'Price of the renewals signed in the period, whenever due.'}
  lag_days_sum: {type: int64, description: Sum of days from due to renewed.}
  trial_ended_count: {type: int64, description: Trials that ended.}
  trial_converted_count: {type: int64, description: Of these followed by a paid term.}
  has_history: {type: bool, description: Whether any term of the currency is known by contract or invoice.}
*/
with

outcomes as (

    select
        *,
        starts_with(status, 'renewed') as is_renewed,
        least(coalesce(renewed_arr_amount, 0), due_arr_amount) as kept_arr_amount
    from core.renewals

),

due_sums as (

    select
        periods.period_unit,
        periods.period_start_date,
        outcomes.currency,
        count(*) filter (where status != 'open') as due_count,
        count(*) filter (where is_renewed) as renewed_count,
        count(*) filter (where status = 'renewed_early') as renewed_early_count,
        count(*) filter (where status = 'renewed_late') as renewed_late_count,
        count(*) filter (where status = 'open') as open_count,
        sum(due_arr_amount) filter (where status != 'open') as due_arr_amount,
        sum(renewed_arr_amount) as renewed_arr_amount,
        sum(kept_arr_amount) as kept_arr_amount,
        sum(lag_days) as lag_days_sum
    from core.periods
    inner join outcomes
        on periods.period_start_date = period_start(outcomes.due_date, periods.period_unit)
    where outcomes.due_date <= $as_of_date
        and outcomes.status not in ('coterminated', 'trial_excluded')
    group by periods.period_unit, periods.period_start_date, outcomes.currency

),

booking_sums as (

    select
        periods.period_unit,
        periods.period_start_date,
        outcomes.currency,
        sum(outcomes.renewed_arr_amount) as booked_arr_amount
    from core.periods
    inner join outcomes
        on periods.period_start_date = period_start(outcomes.renewed_date, periods.period_unit)
    group by periods.period_unit, periods.period_start_date, outcomes.currency

),

trial_sums as (

    select
        periods.period_unit,
        periods.period_start_date,
        outcomes.currency,
        count(*) as trial_ended_count,
        count(*) filter (where is_trial_converted) as trial_converted_count
    from core.periods
    inner join outcomes
        on periods.period_start_date = period_start(outcomes.term_end_date, periods.period_unit)
    where outcomes.origin = 'trial'
        and outcomes.term_end_date <= $as_of_date
    group by periods.period_unit, periods.period_start_date, outcomes.currency

),

currencies as (

    select
        currency,
        min(term_start_date) as first_start_date,
        bool_or(origin in ('contract', 'invoice')) as has_history
    from core.renewals
    group by currency

),

renewal_periods as (

    select
        periods.period_unit,
        periods.period_start_date,
        periods.period_end_date,
        currencies.currency,
        coalesce(due_sums.due_count, 0) as due_count,
        coalesce(due_sums.renewed_count, 0) as renewed_count,
        coalesce(due_sums.renewed_early_count, 0) as renewed_early_count,
        coalesce(due_sums.renewed_late_count, 0) as renewed_late_count,
        coalesce(due_sums.open_count, 0) as open_count,
        cast(coalesce(due_sums.due_arr_amount, 0) as decimal(18, 4)) as due_arr_amount,
        cast(coalesce(due_sums.renewed_arr_amount, 0) as decimal(18, 4)) as renewed_arr_amount,
        cast(coalesce(due_sums.kept_arr_amount, 0) as decimal(18, 4)) as kept_arr_amount,
        cast(coalesce(booking_sums.booked_arr_amount, 0) as decimal(18, 4)) as booked_arr_amount,
        coalesce(due_sums.lag_days_sum, 0) as lag_days_sum,
        coalesce(trial_sums.trial_ended_count, 0) as trial_ended_count,
        coalesce(trial_sums.trial_converted_count, 0) as trial_converted_count,
        currencies.has_history
    from core.periods
    inner join currencies
        on periods.period_end_date > currencies.first_start_date
    left join due_sums
        on periods.period_unit = due_sums.period_unit
        and periods.period_start_date = due_sums.period_start_date
        and currencies.currency = due_sums.currency
    left join booking_sums
        on periods.period_unit = booking_sums.period_unit
        and periods.period_start_date = booking_sums.period_start_date
        and currencies.currency = booking_sums.currency
    left join trial_sums
        on periods.period_unit = trial_sums.period_unit
        and periods.period_start_date = trial_sums.period_start_date
        and currencies.currency = trial_sums.currency

)

select * from renewal_periods
