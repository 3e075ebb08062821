/*
description: >
  What follows what in each declared journey, touchpoint by touchpoint and per local month, with the
  start and the end of instances. The shares out of a touchpoint sum to 1, and so do those into one.
grain: [journey, period_start_date, from_touchpoint, to_touchpoint]
requires: [config.journeys]
columns:
  journey: {type: string, description: The declared journey.}
  period_start_date: {type: date, description: Local month of the step taken.}
  from_touchpoint: {type: string, description: 'Event name of the step left, or (start).'}
  to_touchpoint: {type: string, description: 'Event name of the step taken, or (converted) or (abandoned).'}
  transition_count: {type: int64, description: Moves.}
  customer_count: {type: int64, description: Different persons.}
  from_count: {type: int64, description: All moves out of from_touchpoint in the month.}
  to_count: {type: int64, description: All moves into to_touchpoint in the month.}
  out_share:
    type: float64
    description: transition_count over from_count.
    definition: transition_count / all moves out of from_touchpoint
    authority: 'Retentioneering, transition matrix'
    edge_cases:
      - The shares of a touchpoint sum to 1.
  out_wilson_low: {type: float64, description: Lower bound of the 95 % Wilson interval of out_share., authority: Wilson 1927}
  out_wilson_high: {type: float64, description: Upper bound of the 95 % Wilson interval of out_share., authority: Wilson 1927}
  in_share:
    type: float64
    description: transition_count over to_count.
    definition: transition_count / all moves into to_touchpoint
    authority: 'Retentioneering, transition matrix'
  in_wilson_low: {type: float64, description: Lower bound of the 95 % Wilson interval of in_share., authority: Wilson 1927}
  in_wilson_high: {type: float64, description: Upper bound of the 95 % Wilson interval of in_share., authority: Wilson 1927}
  median_seconds: {type: float64, description: Median time between the two; null for the start and the end.}
  p90_seconds: {type: float64, description: 90th percentile of the same.}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days.'}
  is_suppressed: {type: bool, description: Whether shares and times are withheld because of min_cell persons.}
checks:
  - transition_count <= from_count and transition_count <= to_count
*/
with

-- Counted step by step: what is counted distinct is held in memory as a whole.
customer_sums as (

    select
        journey,
        period_start(occurred_at, 'month', $timezone) as period_start_date,
        from_touchpoint,
        to_touchpoint,
        customer_key,
        count(*) as transition_count
    from journeys.moves
    group by
        journey,
        period_start(occurred_at, 'month', $timezone),
        from_touchpoint,
        to_touchpoint,
        customer_key

),

customer_counts as (

    select
        journey,
        period_start_date,
        from_touchpoint,
        to_touchpoint,
        sum(transition_count) as transition_count,
        count(*) as customer_count
    from customer_sums
    group by journey, period_start_date, from_touchpoint, to_touchpoint

),

times as (

    select
        journey,
        period_start(occurred_at, 'month', $timezone) as period_start_date,
        from_touchpoint,
        to_touchpoint,
        quantile_exact(seconds_between, [0.5, 0.9]) as quantiles
    from journeys.moves
    group by
        journey,
        period_start(occurred_at, 'month', $timezone),
        from_touchpoint,
        to_touchpoint

),

compared as (

    select
        customer_counts.*,
        times.quantiles[1] as median_seconds,
        times.quantiles[2] as p90_seconds,
        sum(customer_counts.transition_count) over (
            partition by
                customer_counts.journey,
                customer_counts.period_start_date,
                customer_counts.from_touchpoint
        ) as from_count,
        sum(customer_counts.transition_count) over (
            partition by
                customer_counts.journey,
                customer_counts.period_start_date,
                customer_counts.to_touchpoint
        ) as to_count,
        customer_counts.customer_count < settings.min_cell as is_suppressed,
        customer_counts.period_start_date + interval '1 month'
            <= $as_of_date + 1 - settings.late_days as is_complete
    from customer_counts
    cross join config.settings as settings
    inner join times
        on customer_counts.journey = times.journey
        and customer_counts.period_start_date = times.period_start_date
        and customer_counts.from_touchpoint = times.from_touchpoint
        and customer_counts.to_touchpoint = times.to_touchpoint

),

-- What shares are of; null where too few persons stand behind them.
bases as (

    select
        *,
        case when not is_suppressed then from_count end as shown_from_count,
        case when not is_suppressed then to_count end as shown_to_count
    from compared

),

transitions as (

    select
        journey,
        period_start_date,
        from_touchpoint,
        to_touchpoint,
        transition_count,
        customer_count,
        from_count,
        to_count,
        rate(transition_count, shown_from_count) as out_share,
        wilson_low(transition_count, shown_from_count) as out_wilson_low,
        wilson_high(transition_count, shown_from_count) as out_wilson_high,
        rate(transition_count, shown_to_count) as in_share,
        wilson_low(transition_count, shown_to_count) as in_wilson_low,
        wilson_high(transition_count, shown_to_count) as in_wilson_high,
        case when not is_suppressed then median_seconds end as median_seconds,
        case when not is_suppressed then p90_seconds end as p90_seconds,
        is_complete,
        is_suppressed
    from bases

)

select * from transitions
