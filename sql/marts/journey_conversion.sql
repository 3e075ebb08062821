/*
description: >
  How each declared journey went, per local month in which instances began: how many reached the
  goal, how many went as planned, and how long it took.
grain: [journey, period_start_date]
requires: [config.journeys]
columns:
  journey: {type: string, description: The declared journey.}
  journey_version: {type: string, description: Version of the map.}
  period_start_date: {type: date, description: Local month in which the instances began.}
  instance_count: {type: int64, description: Instances that began.}
  customer_count: {type: int64, description: Different persons.}
  converted_count: {type: int64, description: Instances that reached the goal.}
  abandoned_count: {type: int64, description: Instances that were given up.}
  open_count: {type: int64, description: Instances that are neither yet.}
  conversion_rate: {type: float64, description: converted_count over instances that are not open.}
  conversion_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  conversion_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  conforming_count: {type: int64, description: 'Instances all of whose moves between stages are planned, giving up left aside.'}
  conforming_rate: {type: float64, description: conforming_count over instance_count.}
  conforming_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  conforming_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  backward_instance_count: {type: int64, description: Instances with a step back to an earlier stage.}
  skipping_instance_count: {type: int64, description: Instances with a step over a stage.}
  steps_per_instance_ratio: {type: float64, description: Touchpoints per instance.}
  median_throughput_seconds: {type: float64, description: Median from first to last step of converted instances.}
  p90_throughput_seconds: {type: float64, description: 90th percentile of the same.}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days, and no instance is open.'}
  is_suppressed: {type: bool, description: Whether rates and times are withheld because of min_cell persons.}
checks:
  - converted_count + abandoned_count + open_count = instance_count
  - conforming_count <= instance_count
*/
with

unplanned_instances as (

    select distinct transitions.instance_key
    from journeys.transitions
    left anti join config.planned_moves
        on transitions.journey = planned_moves.journey
        and transitions.from_stage = planned_moves.from_stage
        and transitions.to_stage = planned_moves.to_stage
    where transitions.to_stage != '(abandoned)'

),

judged_instances as (

    select
        instances.journey,
        instances.customer_key,
        instances.status,
        instances.step_count,
        instances.backward_count,
        instances.skip_count,
        instances.throughput_seconds,
        instances.started_date,
        unplanned_instances.instance_key is null as is_as_planned
    from journeys.instances
    left join unplanned_instances
        on instances.instance_key = unplanned_instances.instance_key

),

sums as (

    select
        journey,
        period_start(started_date, 'month') as period_start_date,
        count(*) as instance_count,
        count(distinct customer_key) as customer_count,
        count(*) filter (where status = 'converted') as converted_count,
        count(*) filter (where status = 'abandoned') as abandoned_count,
        count(*) filter (where status = 'open') as open_count,
        count(*) filter (where is_as_planned) as conforming_count,
        count(*) filter (where backward_count > 0) as backward_instance_count,
        count(*) filter (where skip_count > 0) as skipping_instance_count,
        sum(step_count) as step_count,
        quantile_exact(throughput_seconds, [0.5, 0.9]) filter (where status = 'converted')
            as throughput_quantiles
    from judged_instances
    group by journey, period_start(started_date, 'month')

),

-- What rates are of; null where too few persons stand behind them.
bases as (

    select
        sums.*,
        journeys.journey_version,
        case when sums.customer_count >= settings.min_cell then instance_count - open_count end
            as shown_ended_count,
        case when sums.customer_count >= settings.min_cell then instance_count end
            as shown_instance_count,
        sums.open_count = 0
            and sums.period_start_date + interval '1 month'
                <= $as_of_date + 1 - settings.late_days as is_complete,
        sums.customer_count < settings.min_cell as is_suppressed
    from sums
    cross join config.settings as settings
    inner join config.journeys
        on sums.journey = journeys.journey

),

journey_conversion as (

    select
        journey,
        journey_version,
        period_start_date,
        instance_count,
        customer_count,
        converted_count,
        abandoned_count,
        open_count,
        rate(converted_count, shown_ended_count) as conversion_rate,
        wilson_low(converted_count, shown_ended_count) as conversion_wilson_low,
        wilson_high(converted_count, shown_ended_count) as conversion_wilson_high,
        conforming_count,
        rate(conforming_count, shown_instance_count) as conforming_rate,
        wilson_low(conforming_count, shown_instance_count) as conforming_wilson_low,
        wilson_high(conforming_count, shown_instance_count) as conforming_wilson_high,
        backward_instance_count,
        skipping_instance_count,
        rate(step_count, shown_instance_count) as steps_per_instance_ratio,
        case when not is_suppressed then throughput_quantiles[1] end as median_throughput_seconds,
        case when not is_suppressed then throughput_quantiles[2] end as p90_throughput_seconds,
        is_complete,
        is_suppressed
    from bases

)

select * from journey_conversion
