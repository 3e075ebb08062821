/*
description: >
  How long declared tasks take and how many get done, per local month in which they were begun, for
  everybody and for each segment that the person was in on that day.
grain: [task, period_start_date, segment]
requires: [config.tasks]
columns:
  task: {type: string, description: The declared task.}
  period_start_date: {type: date, description: Local month of the beginning.}
  segment: {type: string, description: 'all, or the segment of the person on the day of the beginning.'}
  started_count: {type: int64, description: Attempts.}
  customer_count: {type: int64, description: Different persons.}
  done_count: {type: int64, description: Attempts that were completed in time.}
  abandoned_count: {type: int64, description: Attempts that were given up.}
  open_count: {type: int64, description: Attempts that may still be completed.}
  completion_rate: {type: float64, description: done_count over attempts that are not open.}
  completion_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  completion_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  median_seconds: {type: float64, description: Median of completed attempts.}
  p90_seconds: {type: float64, description: 90th percentile of completed attempts.}
  target_seconds: {type: int64, description: How long the task should take; null without target.}
  within_target_rate: {type: float64, description: Share of completed attempts within the target; null without target.}
  within_target_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  within_target_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days, and no attempt is open.'}
  is_suppressed: {type: bool, description: Whether rates and times are withheld because of min_cell persons.}
checks:
  - done_count + abandoned_count + open_count = started_count
*/
with

runs as (

    select
        task,
        'all' as segment,
        customer_key,
        status,
        duration_seconds,
        target_seconds,
        is_within_target,
        started_date
    from journeys.task_runs
    union all
    select
        task_runs.task,
        members.segment,
        task_runs.customer_key,
        task_runs.status,
        task_runs.duration_seconds,
        task_runs.target_seconds,
        task_runs.is_within_target,
        task_runs.started_date
    from journeys.task_runs
    inner join segments.members
        on task_runs.customer_key = members.customer_key
        and task_runs.started_date >= members.valid_from_date
        and (
            task_runs.started_date < members.valid_to_date
            or members.valid_to_date is null
        )

),

sums as (

    select
        task,
        period_start(started_date, 'month') as period_start_date,
        segment,
        count(*) as started_count,
        count(distinct customer_key) as customer_count,
        count(*) filter (where status = 'done') as done_count,
        count(*) filter (where status = 'abandoned') as abandoned_count,
        count(*) filter (where status = 'open') as open_count,
        count(*) filter (where is_within_target) as within_target_count,
        max(target_seconds) as target_seconds,
        quantile_exact(duration_seconds, [0.5, 0.9]) as quantiles
    from runs
    group by task, period_start(started_date, 'month'), segment

),

-- What rates are of; null where too few persons stand behind them.
bases as (

    select
        sums.*,
        case when customer_count >= min_cell then done_count + abandoned_count end
            as shown_ended_count,
        case when customer_count >= min_cell and target_seconds is not null then done_count end
            as shown_done_count,
        open_count = 0
            and period_start_date + interval '1 month' <= $as_of_date + 1 - late_days
            as is_complete,
        customer_count < min_cell as is_suppressed
    from sums
    cross join (select min_cell, late_days from config.settings)

),

task_time as (

    select
        task,
        period_start_date,
        segment,
        started_count,
        customer_count,
        done_count,
        abandoned_count,
        open_count,
        rate(done_count, shown_ended_count) as completion_rate,
        wilson_low(done_count, shown_ended_count) as completion_wilson_low,
        wilson_high(done_count, shown_ended_count) as completion_wilson_high,
        case when not is_suppressed then quantiles[1] end as median_seconds,
        case when not is_suppressed then quantiles[2] end as p90_seconds,
        target_seconds,
        rate(within_target_count, shown_done_count) as within_target_rate,
        wilson_low(within_target_count, shown_done_count) as within_target_wilson_low,
        wilson_high(within_target_count, shown_done_count) as within_target_wilson_high,
        is_complete,
        is_suppressed
    from bases

)

select * from task_time
