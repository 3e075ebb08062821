/*
description: >
  The moves of the journey map, per month in which they happened: from stage to stage, from the
  start into the journey, and out of it. The shares of a stage's moves sum to 1.
grain: [journey, period_start_date, from_stage, to_stage]
requires: [config.journeys]
columns:
  journey: {type: string, description: The declared journey.}
  journey_version: {type: string, description: Version of the map.}
  period_start_date: {type: date, description: Local month of the move.}
  from_stage: {type: string, description: 'Stage left, or (start).'}
  to_stage: {type: string, description: 'Stage entered, or (converted) or (abandoned).'}
  transition_count: {type: int64, description: Moves.}
  customer_count: {type: int64, description: Different persons.}
  from_count: {type: int64, description: All moves out of from_stage in the month.}
  out_share:
    type: float64
    description: transition_count over from_count.
    definition: transition_count / all moves out of from_stage
    authority: 'Retentioneering, transition matrix'
    edge_cases:
      - The shares of a stage sum to 1.
  out_wilson_low: {type: float64, description: Lower bound of the 95 % Wilson interval of out_share., authority: Wilson 1927}
  out_wilson_high: {type: float64, description: Upper bound of the 95 % Wilson interval of out_share., authority: Wilson 1927}
  median_seconds_in_stage: {type: float64, description: Median stay in from_stage before the move; null for the start.}
  is_planned: {type: bool, description: 'Whether the move is one that the map means; giving up never is.'}
  is_backward: {type: bool, description: Whether to_stage comes before from_stage.}
  is_skip: {type: bool, description: Whether a stage between the two is passed over.}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days.'}
  is_suppressed: {type: bool, description: 'Whether share and median are withheld because fewer than min_cell persons moved.'}
checks:
  - transition_count between 1 and from_count
*/
with

moves as (

    select
        *,
        period_start(occurred_at, 'month', $timezone) as period_start_date
    from journeys.transitions

),

edge_sums as (

    select
        journey,
        period_start_date,
        from_stage,
        to_stage,
        count(*) as transition_count,
        count(distinct customer_key) as customer_count,
        quantile_exact(seconds_in_stage, 0.5) as median_seconds_in_stage,
        bool_or(is_backward) as is_backward,
        bool_or(is_skip) as is_skip
    from moves
    group by journey, period_start_date, from_stage, to_stage

),

from_sums as (

    select
        journey,
        period_start_date,
        from_stage,
        sum(transition_count) as from_count
    from edge_sums
    group by journey, period_start_date, from_stage

),

compared_edges as (

    select
        edge_sums.*,
        from_sums.from_count,
        journeys.journey_version,
        planned_moves.journey is not null as is_planned,
        edge_sums.customer_count < settings.min_cell as is_suppressed,
        edge_sums.period_start_date + interval '1 month'
            <= $as_of_date + 1 - settings.late_days as is_complete
    from edge_sums
    cross join config.settings as settings
    inner join from_sums
        on edge_sums.journey = from_sums.journey
        and edge_sums.period_start_date = from_sums.period_start_date
        and edge_sums.from_stage = from_sums.from_stage
    left join config.journeys
        on edge_sums.journey = journeys.journey
    left join config.planned_moves
        on edge_sums.journey = planned_moves.journey
        and edge_sums.from_stage = planned_moves.from_stage
        and edge_sums.to_stage = planned_moves.to_stage

),

edges as (

    select
        journey,
        journey_version,
        period_start_date,
        from_stage,
        to_stage,
        transition_count,
        customer_count,
        from_count,
        case when not is_suppressed then rate(transition_count, from_count) end as out_share,
        case when not is_suppressed then wilson_low(transition_count, from_count) end
            as out_wilson_low,
        case when not is_suppressed then wilson_high(transition_count, from_count) end
            as out_wilson_high,
        case when not is_suppressed then median_seconds_in_stage end as median_seconds_in_stage,
        is_planned,
        is_backward,
        is_skip,
        is_complete,
        is_suppressed
    from compared_edges

)

select * from edges
