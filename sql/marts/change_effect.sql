/*
description: >
  Visits in whole weeks before and after each declared change, and, where the change names visits
  that it was not about, how much more it changed than they did. Before and after differ in more than
  the change: what is here is associated with it.
grain: [change, metric]
requires: [events]
columns:
  change: {type: string, description: The declared change.}
  metric: {type: string, description: 'bounce_rate_ua, bounce_rate_ga4, conversion_rate or session_seconds.'}
  changed_date: {type: date, description: First local day with the change.}
  before_count: {type: int64, description: Visits before that the metric is of.}
  before_value: {type: float64, description: The metric before.}
  after_count: {type: int64, description: Visits after that the metric is of.}
  after_value: {type: float64, description: The metric after.}
  difference: {type: float64, description: after_value less before_value.}
  difference_low:
    type: float64
    description: 'Lower bound of its 95 % interval: Newcombe for rates, Welch for seconds.'
    definition: lower bound of the 95 % interval of after - before
    authority: 'Newcombe 1998 method 10; Welch 1947'
  difference_high:
    type: float64
    description: Upper bound of the same.
    definition: upper bound of the 95 % interval of after - before
    authority: 'Newcombe 1998 method 10; Welch 1947'
  control_before_count: {type: int64, description: The same for visits that the change is not about; 0 without such visits.}
  control_after_count: {type: int64, description: The same after.}
  control_difference: {type: float64, description: Their difference; null without such visits.}
  difference_in_differences: {type: float64, description: difference less control_difference; null without such visits.}
  difference_in_differences_low: {type: float64, description: Lower bound of its 95 % interval., authority: 'Zou and Donner, Statistics in Medicine 27 (2008)'}
  difference_in_differences_high: {type: float64, description: Upper bound of its 95 % interval., authority: 'Zou and Donner, Statistics in Medicine 27 (2008)'}
  is_complete: {type: bool, description: 'Whether the weeks after the change are over, with late_days.'}
  is_suppressed: {type: bool, description: Whether values are withheld because a side has fewer than min_cell visitors.}
*/
with

-- Seconds are kept to the millisecond, so that their squares add up exactly.
measures as (

    select
        change,
        role,
        is_after,
        visitor_key,
        'bounce_rate_ua' as metric,
        view_count > 0 as is_counted,
        cast(case when view_count = 1 then 1 else 0 end as decimal(12, 3)) as value
    from journeys.change_sessions
    union all
    select
        change,
        role,
        is_after,
        visitor_key,
        'bounce_rate_ga4' as metric,
        true as is_counted,
        cast(case when is_engaged then 0 else 1 end as decimal(12, 3)) as value
    from journeys.change_sessions
    union all
    select
        change,
        role,
        is_after,
        visitor_key,
        'conversion_rate' as metric,
        true as is_counted,
        cast(case when is_converted then 1 else 0 end as decimal(12, 3)) as value
    from journeys.change_sessions
    union all
    select
        change,
        role,
        is_after,
        visitor_key,
        'session_seconds' as metric,
        true as is_counted,
        cast(cast(duration_microseconds as decimal(18, 0)) / 1000000 as decimal(12, 3)) as value
    from journeys.change_sessions

),

side_sums as (

    select
        change,
        metric,
        role,
        is_after,
        count(*) as session_count,
        count(distinct visitor_key) as visitor_count,
        sum(value) as value_sum,
        sum(value * value) as square_sum
    from measures
    where is_counted
    group by change, metric, role, is_after

),

sides as (

    select
        afters.change,
        afters.metric,
        afters.role,
        befores.session_count as before_count,
        befores.value_sum as before_sum,
        befores.square_sum as before_square_sum,
        rate(befores.value_sum, befores.session_count) as before_value,
        afters.session_count as after_count,
        afters.value_sum as after_sum,
        afters.square_sum as after_square_sum,
        rate(afters.value_sum, afters.session_count) as after_value,
        least(befores.visitor_count, afters.visitor_count) as visitor_count
    from side_sums as befores
    inner join side_sums as afters
        on befores.change = afters.change
        and befores.metric = afters.metric
        and befores.role = afters.role
    where not befores.is_after
        and afters.is_after

),

differences as (

    select
        sides.*,
        newcombe_diff_low(
            cast(after_sum as bigint), after_count, cast(before_sum as bigint), before_count
        ) as difference_low,
        newcombe_diff_high(
            cast(after_sum as bigint), after_count, cast(before_sum as bigint), before_count
        ) as difference_high
    from sides
    where metric != 'session_seconds'
    union all
    select
        sides.*,
        welch_diff_low(
            after_count, after_sum, after_square_sum,
            before_count, before_sum, before_square_sum
        ) as difference_low,
        welch_diff_high(
            after_count, after_sum, after_square_sum,
            before_count, before_sum, before_square_sum
        ) as difference_high
    from sides
    where metric = 'session_seconds'

),

compared_changes as (

    select
        differences.*,
        changes.changed_date,
        controls.before_count as control_before_count,
        controls.after_count as control_after_count,
        controls.after_value - controls.before_value as control_difference,
        controls.difference_low as control_low,
        controls.difference_high as control_high,
        differences.after_value - differences.before_value as difference,
        changes.end_date <= $as_of_date + 1 - settings.late_days as is_complete,
        least(differences.visitor_count, controls.visitor_count) < settings.min_cell
            as is_suppressed
    from differences
    cross join config.settings as settings
    inner join config.changes
        on differences.change = changes.change
    left join differences as controls
        on differences.change = controls.change
        and differences.metric = controls.metric
        and controls.role = 'control'
    where differences.role = 'changed'

),

change_effect as (

    select
        change,
        metric,
        changed_date,
        before_count,
        case when not is_suppressed then before_value end as before_value,
        after_count,
        case when not is_suppressed then after_value end as after_value,
        case when not is_suppressed then difference end as difference,
        case when not is_suppressed then difference_low end as difference_low,
        case when not is_suppressed then difference_high end as difference_high,
        coalesce(control_before_count, 0) as control_before_count,
        coalesce(control_after_count, 0) as control_after_count,
        case when not is_suppressed then control_difference end as control_difference,
        case when not is_suppressed then difference - control_difference end
            as difference_in_differences,
        case
            when not is_suppressed
                then difference - control_difference - sqrt(
                    (difference - difference_low) * (difference - difference_low)
                    + (control_high - control_difference) * (control_high - control_difference)
                )
        end as difference_in_differences_low,
        case
            when not is_suppressed
                then difference - control_difference + sqrt(
                    (difference_high - difference) * (difference_high - difference)
                    + (control_difference - control_low) * (control_difference - control_low)
                )
        end as difference_in_differences_high,
        is_complete,
        is_suppressed
    from compared_changes

)

select * from change_effect
