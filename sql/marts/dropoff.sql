/*
description: >
  Where journeys were abandoned, per local month of the last step: the stage, the last touchpoint
  before the silence or the exit, and how many began the same journey again within 90 days after it
  was given up. That a touchpoint was the last is associated with leaving, not shown to cause it.
grain: [journey, period_start_date, last_stage, last_touchpoint, last_channel]
requires: [config.journeys]
columns:
  journey: {type: string, description: The declared journey.}
  period_start_date: {type: date, description: Local month of the last step.}
  last_stage: {type: string, description: 'Stage of the last step that has one; (none) if none has.'}
  last_touchpoint: {type: string, description: Event name of the last step.}
  last_channel: {type: string, description: Channel of the last step.}
  abandoned_count: {type: int64, description: Instances that were abandoned here.}
  exit_count: {type: int64, description: 'Those of them that took the declared exit; the others fell silent.'}
  customer_count: {type: int64, description: Different persons.}
  journey_abandoned_count: {type: int64, description: All instances of journey and month that were abandoned.}
  abandoned_share: {type: float64, description: abandoned_count over journey_abandoned_count.}
  abandoned_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  abandoned_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  returned_count: {type: int64, description: Instances whose person began the journey again within 90 days after the end.}
  returned_rate: {type: float64, description: returned_count over abandoned_count.}
  returned_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  returned_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  median_throughput_seconds: {type: float64, description: Median from first to last step.}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days, and every abandoned instance had its 90 days. Younger silences may still be open instances.'}
  is_suppressed: {type: bool, description: Whether shares and the median are withheld because of min_cell persons.}
checks:
  - exit_count <= abandoned_count and returned_count <= abandoned_count
  - abandoned_count <= journey_abandoned_count
*/
with

followed_instances as (

    select
        journey,
        instance_key,
        customer_key,
        status,
        end_reason,
        last_stage,
        throughput_seconds,
        ended_at,
        lead(started_at) over (
            partition by journey, customer_key
            order by started_at, instance_key
        ) as next_started_at
    from journeys.instances

),

-- Only the last step has nothing after it.
last_steps as (

    select
        instance_key,
        event_name,
        channel,
        occurred_at
    from journeys.steps
    where dwell_seconds is null

),

drop_offs as (

    select
        instances.journey,
        instances.customer_key,
        instances.end_reason,
        instances.throughput_seconds,
        coalesce(instances.last_stage, '(none)') as last_stage,
        last_steps.event_name as last_touchpoint,
        last_steps.channel as last_channel,
        period_start(last_steps.occurred_at, 'month', $timezone) as period_start_date,
        coalesce(instances.next_started_at <= instances.ended_at + interval '90 days', false)
            as is_returned,
        instances.ended_at + interval '90 days' < $as_of as is_followed_up
    from followed_instances as instances
    inner join last_steps
        on instances.instance_key = last_steps.instance_key
    where instances.status = 'abandoned'

),

sums as (

    select
        journey,
        period_start_date,
        last_stage,
        last_touchpoint,
        last_channel,
        count(*) as abandoned_count,
        count(*) filter (where end_reason = 'exit') as exit_count,
        count(distinct customer_key) as customer_count,
        count(*) filter (where is_returned) as returned_count,
        quantile_exact(throughput_seconds, 0.5) as median_throughput_seconds,
        bool_and(is_followed_up) as is_followed_up
    from drop_offs
    group by journey, period_start_date, last_stage, last_touchpoint, last_channel

),

journey_sums as (

    select
        journey,
        period_start_date,
        sum(abandoned_count) as journey_abandoned_count
    from sums
    group by journey, period_start_date

),

shown_sums as (

    select
        sums.*,
        journey_sums.journey_abandoned_count,
        sums.customer_count < settings.min_cell as is_suppressed,
        case when sums.customer_count >= settings.min_cell then sums.abandoned_count end
            as shown_abandoned_count,
        case
            when sums.customer_count >= settings.min_cell
                then journey_sums.journey_abandoned_count
        end as shown_journey_count,
        sums.is_followed_up
            and sums.period_start_date + interval '1 month'
                <= $as_of_date + 1 - settings.late_days as is_complete
    from sums
    cross join config.settings as settings
    inner join journey_sums
        on sums.journey = journey_sums.journey
        and sums.period_start_date = journey_sums.period_start_date

),

dropoff as (

    select
        journey,
        period_start_date,
        last_stage,
        last_touchpoint,
        last_channel,
        abandoned_count,
        exit_count,
        customer_count,
        journey_abandoned_count,
        rate(abandoned_count, shown_journey_count) as abandoned_share,
        wilson_low(abandoned_count, shown_journey_count) as abandoned_wilson_low,
        wilson_high(abandoned_count, shown_journey_count) as abandoned_wilson_high,
        returned_count,
        rate(returned_count, shown_abandoned_count) as returned_rate,
        wilson_low(returned_count, shown_abandoned_count) as returned_wilson_low,
        wilson_high(returned_count, shown_abandoned_count) as returned_wilson_high,
        case when not is_suppressed then median_throughput_seconds end
            as median_throughput_seconds,
        is_complete,
        is_suppressed
    from shown_sums

)

select * from dropoff
