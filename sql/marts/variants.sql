/*
description: >
  The different ways through each declared journey, per local month in which instances began, the
  commonest first. Of equal counts the alphabet decides.
grain: [journey, period_start_date, variant_id]
requires: [config.journeys]
columns:
  journey: {type: string, description: The declared journey.}
  period_start_date: {type: date, description: Local month in which the instances began.}
  variant_id: {type: string, description: Id of the way.}
  stages: {type: string, description: 'Stages in order, joined by " > ".'}
  variant_rank: {type: int64, description: 'Place by instance_count within journey and month, from 1.'}
  instance_count: {type: int64, description: Instances that went this way.}
  customer_count: {type: int64, description: Different persons.}
  journey_instance_count: {type: int64, description: All instances of journey and month that entered a stage.}
  variant_share: {type: float64, description: instance_count over journey_instance_count.}
  cumulative_share: {type: float64, description: The share of this and all commoner ways together.}
  converted_count: {type: int64, description: Instances that reached the goal.}
  ended_count: {type: int64, description: Instances that are not open any more.}
  conversion_rate: {type: float64, description: converted_count over ended_count.}
  conversion_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  conversion_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  median_throughput_seconds: {type: float64, description: Median from first to last step of instances that ended.}
  is_conforming: {type: bool, description: Whether no step of this way went back or passed over a stage.}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days, and no instance of the way is open.'}
  is_suppressed: {type: bool, description: Whether rate and median are withheld because of min_cell persons.}
checks:
  - instance_count <= journey_instance_count
  - converted_count <= ended_count and ended_count <= instance_count
*/
with

variant_sums as (

    select
        variants.journey,
        period_start(instances.started_date, 'month') as period_start_date,
        variants.variant_id,
        variants.stages,
        count(*) as instance_count,
        count(distinct instances.customer_key) as customer_count,
        count(*) filter (where instances.status = 'converted') as converted_count,
        count(*) filter (where instances.status != 'open') as ended_count,
        quantile_exact(instances.throughput_seconds, 0.5)
            filter (where instances.status != 'open') as median_throughput_seconds,
        bool_and(instances.is_conforming) as is_conforming
    from journeys.variants
    inner join journeys.instances
        on variants.instance_key = instances.instance_key
    group by
        variants.journey,
        period_start(instances.started_date, 'month'),
        variants.variant_id,
        variants.stages

),

ranked_variants as (

    select
        *,
        row_number() over commonest_first as variant_rank,
        sum(instance_count) over commonest_first as cumulative_count,
        sum(instance_count) over (partition by journey, period_start_date)
            as journey_instance_count
    from variant_sums
    window commonest_first as (
        partition by journey, period_start_date
        order by instance_count desc, stages
        rows between unbounded preceding and current row
    )

),

shown_variants as (

    select
        ranked_variants.*,
        ranked_variants.customer_count < settings.min_cell as is_suppressed,
        case when ranked_variants.customer_count >= settings.min_cell then ended_count end
            as shown_ended_count,
        ranked_variants.ended_count = ranked_variants.instance_count
            and ranked_variants.period_start_date + interval '1 month'
                <= $as_of_date + 1 - settings.late_days as is_complete
    from ranked_variants
    cross join config.settings as settings

),

variants as (

    select
        journey,
        period_start_date,
        variant_id,
        stages,
        cast(variant_rank as bigint) as variant_rank,
        instance_count,
        customer_count,
        journey_instance_count,
        rate(instance_count, journey_instance_count) as variant_share,
        rate(cumulative_count, journey_instance_count) as cumulative_share,
        converted_count,
        ended_count,
        rate(converted_count, shown_ended_count) as conversion_rate,
        wilson_low(converted_count, shown_ended_count) as conversion_wilson_low,
        wilson_high(converted_count, shown_ended_count) as conversion_wilson_high,
        case when not is_suppressed then median_throughput_seconds end
            as median_throughput_seconds,
        is_conforming,
        is_complete,
        is_suppressed
    from shown_variants

)

select * from variants
