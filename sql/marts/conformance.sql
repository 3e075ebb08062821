/*
description: >
  The journey map as it was meant against what people do, both ways, per local month: planned moves
  that never happen have a row with 0, moves that happen unplanned are marked. Giving up is neither.
grain: [journey, period_start_date, from_stage, to_stage]
requires: [config.journeys]
columns:
  journey: {type: string, description: The declared journey.}
  journey_version: {type: string, description: Version of the map.}
  period_start_date: {type: date, description: Local month of the moves.}
  from_stage: {type: string, description: 'Stage left, or (start).'}
  to_stage: {type: string, description: 'Stage entered, or (converted).'}
  deviation: {type: string, description: 'none (planned and done), never_done (planned, not done) or unplanned.'}
  transition_count: {type: int64, description: Moves.}
  customer_count: {type: int64, description: Different persons.}
  from_count: {type: int64, description: 'All moves out of from_stage in the month, giving up among them.'}
  out_share: {type: float64, description: transition_count over from_count; null if nothing left from_stage.}
  out_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  out_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days.'}
  is_suppressed: {type: bool, description: 'Whether the share is withheld because 1 to min_cell - 1 persons moved.'}
checks:
  - (deviation = 'never_done') = (transition_count = 0)
*/
with

moves as (

    select
        journey,
        period_start(occurred_at, 'month', $timezone) as period_start_date,
        from_stage,
        to_stage,
        count(*) as transition_count,
        count(distinct customer_key) as customer_count
    from journeys.transitions
    group by journey, period_start(occurred_at, 'month', $timezone), from_stage, to_stage

),

from_sums as (

    select
        journey,
        period_start_date,
        from_stage,
        sum(transition_count) as from_count
    from moves
    group by journey, period_start_date, from_stage

),

months as (

    select distinct
        journey,
        period_start_date
    from moves

),

planned_moves as (

    select
        months.journey,
        months.period_start_date,
        planned_moves.from_stage,
        planned_moves.to_stage
    from months
    inner join config.planned_moves
        on months.journey = planned_moves.journey

),

compared_moves as (

    select
        coalesce(planned_moves.journey, moves.journey) as journey,
        coalesce(planned_moves.period_start_date, moves.period_start_date) as period_start_date,
        coalesce(planned_moves.from_stage, moves.from_stage) as from_stage,
        coalesce(planned_moves.to_stage, moves.to_stage) as to_stage,
        case
            when planned_moves.journey is null then 'unplanned'
            when moves.journey is null then 'never_done'
            else 'none'
        end as deviation,
        coalesce(moves.transition_count, 0) as transition_count,
        coalesce(moves.customer_count, 0) as customer_count
    from planned_moves
    full join moves
        on planned_moves.journey = moves.journey
        and planned_moves.period_start_date = moves.period_start_date
        and planned_moves.from_stage = moves.from_stage
        and planned_moves.to_stage = moves.to_stage

),

shown_moves as (

    select
        compared_moves.*,
        journeys.journey_version,
        coalesce(from_sums.from_count, 0) as from_count,
        compared_moves.customer_count between 1 and settings.min_cell - 1 as is_suppressed,
        compared_moves.period_start_date + interval '1 month'
            <= $as_of_date + 1 - settings.late_days as is_complete
    from compared_moves
    cross join config.settings as settings
    inner join config.journeys
        on compared_moves.journey = journeys.journey
    left join from_sums
        on compared_moves.journey = from_sums.journey
        and compared_moves.period_start_date = from_sums.period_start_date
        and compared_moves.from_stage = from_sums.from_stage
    where compared_moves.to_stage != '(abandoned)'

),

conformance as (

    select
        journey,
        journey_version,
        period_start_date,
        from_stage,
        to_stage,
        deviation,
        transition_count,
        customer_count,
        from_count,
        case when not is_suppressed then rate(transition_count, from_count) end as out_share,
        case when not is_suppressed then wilson_low(transition_count, from_count) end
            as out_wilson_low,
        case when not is_suppressed then wilson_high(transition_count, from_count) end
            as out_wilson_high,
        is_complete,
        is_suppressed
    from shown_moves

)

select * from conformance
