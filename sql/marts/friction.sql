/*
description: >
  Signs of friction per declared journey, local month in which the journey began and touchpoint, and
  how often journeys with the sign reached their goal, against those of the month without it. What is
  found is associated with the outcome, not shown to cause it. Dead ends are in marts.dropoff: they
  are outcomes themselves. Journeys that began with their goal had no way to be hard and are left out.
grain: [journey, period_start_date, signal, touchpoint]
requires: [config.journeys]
columns:
  journey: {type: string, description: The declared journey.}
  period_start_date: {type: date, description: Local month in which the journeys began.}
  signal: {type: string, description: Kind of sign; see journeys.friction_signals.}
  touchpoint: {type: string, description: 'Event name; of loop and slow the stage.'}
  signal_count: {type: int64, description: 'Signs, open journeys among them.'}
  customer_count: {type: int64, description: Different persons with the sign.}
  hit_count: {type: int64, description: Ended journeys with the sign.}
  hit_converted_count: {type: int64, description: Those of them that reached the goal.}
  hit_conversion_rate: {type: float64, description: hit_converted_count over hit_count.}
  spared_count: {type: int64, description: 'Ended journeys of the month without the sign.'}
  spared_converted_count: {type: int64, description: Those of them that reached the goal.}
  spared_conversion_rate: {type: float64, description: spared_converted_count over spared_count.}
  difference:
    type: float64
    description: hit_conversion_rate less spared_conversion_rate.
    definition: conversion rate of journeys with the sign - that of journeys without it
    edge_cases:
      - It says what goes together and not what causes what.
  difference_low: {type: float64, description: Lower bound of its 95 % interval., authority: Newcombe 1998 method 10}
  difference_high: {type: float64, description: Upper bound of its 95 % interval., authority: Newcombe 1998 method 10}
  lost_conversion_count:
    type: float64
    description: 'Goals that journeys with the sign missed, had they reached it as often as the others; at least 0.'
    definition: journeys with the sign * (conversion rate without - with), at least 0
  is_complete: {type: bool, description: 'Whether the month is over, with late_days, and no journey of it is open.'}
  is_suppressed: {type: bool, description: Whether rates are withheld because of min_cell persons.}
checks:
  - hit_converted_count <= hit_count and spared_converted_count <= spared_count
*/
with

hits as (

    select
        signals.journey,
        period_start(instances.started_date, 'month') as period_start_date,
        signals.signal,
        signals.touchpoint,
        signals.instance_key,
        signals.customer_key,
        instances.status
    from journeys.friction_signals as signals
    inner join journeys.instances
        on signals.instance_key = instances.instance_key
    where signals.signal != 'dead_end'
        and (instances.step_count > 1 or instances.status != 'converted')

),

hit_sums as (

    select
        journey,
        period_start_date,
        signal,
        touchpoint,
        count(*) as signal_count,
        count(distinct customer_key) as customer_count,
        count(distinct case when status != 'open' then instance_key end) as hit_count,
        count(distinct case when status = 'converted' then instance_key end)
            as hit_converted_count
    from hits
    group by journey, period_start_date, signal, touchpoint

),

month_sums as (

    select
        journey,
        period_start(started_date, 'month') as period_start_date,
        count(*) filter (where status != 'open') as ended_count,
        count(*) filter (where status = 'converted') as converted_count,
        bool_and(status != 'open') as is_ended
    from journeys.instances
    where step_count > 1
        or status != 'converted'
    group by journey, period_start(started_date, 'month')

),

contrasts as (

    select
        hit_sums.*,
        month_sums.ended_count - hit_sums.hit_count as spared_count,
        month_sums.converted_count - hit_sums.hit_converted_count as spared_converted_count,
        month_sums.is_ended
            and hit_sums.period_start_date + interval '1 month'
                <= $as_of_date + 1 - settings.late_days as is_complete,
        hit_sums.customer_count < settings.min_cell as is_suppressed
    from hit_sums
    cross join config.settings as settings
    inner join month_sums
        on hit_sums.journey = month_sums.journey
        and hit_sums.period_start_date = month_sums.period_start_date

),

-- What rates are of; null where too few persons stand behind them.
bases as (

    select
        *,
        case when not is_suppressed then hit_count end as shown_hit_count,
        case when not is_suppressed then spared_count end as shown_spared_count
    from contrasts

),

rates as (

    select
        *,
        rate(hit_converted_count, shown_hit_count) as hit_conversion_rate,
        rate(spared_converted_count, shown_spared_count) as spared_conversion_rate
    from bases

),

friction as (

    select
        journey,
        period_start_date,
        signal,
        touchpoint,
        signal_count,
        customer_count,
        hit_count,
        hit_converted_count,
        hit_conversion_rate,
        spared_count,
        spared_converted_count,
        spared_conversion_rate,
        hit_conversion_rate - spared_conversion_rate as difference,
        newcombe_diff_low(
            hit_converted_count, shown_hit_count, spared_converted_count, shown_spared_count
        ) as difference_low,
        newcombe_diff_high(
            hit_converted_count, shown_hit_count, spared_converted_count, shown_spared_count
        ) as difference_high,
        case
            when spared_conversion_rate > hit_conversion_rate
                then hit_count * (spared_conversion_rate - hit_conversion_rate)
            when spared_conversion_rate <= hit_conversion_rate then 0
        end as lost_conversion_count,
        is_complete,
        is_suppressed
    from rates

)

select * from friction
