/*
description: >
  What people do next after each touchpoint of a declared journey, over the whole history, for
  everybody and for each segment that the person was in when the journey began, with how often the
  journey then ended well. What converts often is associated with the goal, not shown to cause it.
grain: [journey, segment, touchpoint, next_touchpoint]
requires: [config.journeys]
columns:
  journey: {type: string, description: The declared journey.}
  segment: {type: string, description: 'all, or the segment at the start of the journey.'}
  touchpoint: {type: string, description: 'Event name of the step, or (start).'}
  next_touchpoint: {type: string, description: 'Event name of the step after it, or (converted) or (abandoned).'}
  next_rank: {type: int64, description: 'Place by move_count among the steps after the touchpoint, from 1; of equal counts the alphabet decides.'}
  move_count: {type: int64, description: Moves from the one to the other.}
  customer_count: {type: int64, description: Different persons.}
  touchpoint_move_count: {type: int64, description: All moves out of the touchpoint.}
  next_share: {type: float64, description: move_count over touchpoint_move_count.}
  next_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  next_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  ended_instance_count: {type: int64, description: Different ended instances with the move.}
  converted_instance_count: {type: int64, description: Those of them that reached the goal.}
  conversion_rate: {type: float64, description: converted_instance_count over ended_instance_count.}
  conversion_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  conversion_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  is_complete: {type: bool, description: Whether no instance with the move is open.}
  is_suppressed: {type: bool, description: Whether shares and rates are withheld because of min_cell persons.}
checks:
  - move_count <= touchpoint_move_count
  - converted_instance_count <= ended_instance_count
*/
with

instances as (

    select
        instance_key,
        'all' as segment,
        status
    from journeys.instances
    union all
    select
        instance_segments.instance_key,
        instance_segments.segment,
        instances.status
    from journeys.instance_segments
    inner join journeys.instances
        on instance_segments.instance_key = instances.instance_key

),

-- Counted step by step: what is counted distinct is held in memory as a whole.
instance_moves as (

    select
        moves.journey,
        instances.segment,
        moves.from_touchpoint as touchpoint,
        moves.to_touchpoint as next_touchpoint,
        moves.customer_key,
        moves.instance_key,
        instances.status,
        count(*) as move_count
    from instances
    inner join journeys.moves
        on instances.instance_key = moves.instance_key
    group by
        moves.journey,
        instances.segment,
        moves.from_touchpoint,
        moves.to_touchpoint,
        moves.customer_key,
        moves.instance_key,
        instances.status

),

customer_moves as (

    select
        journey,
        segment,
        touchpoint,
        next_touchpoint,
        customer_key,
        sum(move_count) as move_count,
        count(*) filter (where status != 'open') as ended_instance_count,
        count(*) filter (where status = 'converted') as converted_instance_count,
        bool_and(status != 'open') as is_complete
    from instance_moves
    group by journey, segment, touchpoint, next_touchpoint, customer_key

),

move_sums as (

    select
        journey,
        segment,
        touchpoint,
        next_touchpoint,
        sum(move_count) as move_count,
        count(*) as customer_count,
        sum(ended_instance_count) as ended_instance_count,
        sum(converted_instance_count) as converted_instance_count,
        bool_and(is_complete) as is_complete
    from customer_moves
    group by journey, segment, touchpoint, next_touchpoint

),

ranked_moves as (

    select
        *,
        row_number() over (
            partition by journey, segment, touchpoint
            order by move_count desc, next_touchpoint
        ) as next_rank,
        sum(move_count) over (partition by journey, segment, touchpoint)
            as touchpoint_move_count
    from move_sums

),

shown_moves as (

    select
        ranked_moves.*,
        ranked_moves.customer_count < settings.min_cell as is_suppressed,
        case
            when ranked_moves.customer_count >= settings.min_cell then touchpoint_move_count
        end as shown_move_count,
        case when ranked_moves.customer_count >= settings.min_cell then ended_instance_count end
            as shown_instance_count
    from ranked_moves
    cross join config.settings as settings

),

next_step as (

    select
        journey,
        segment,
        touchpoint,
        next_touchpoint,
        cast(next_rank as bigint) as next_rank,
        move_count,
        customer_count,
        touchpoint_move_count,
        rate(move_count, shown_move_count) as next_share,
        wilson_low(move_count, shown_move_count) as next_wilson_low,
        wilson_high(move_count, shown_move_count) as next_wilson_high,
        ended_instance_count,
        converted_instance_count,
        rate(converted_instance_count, shown_instance_count) as conversion_rate,
        wilson_low(converted_instance_count, shown_instance_count) as conversion_wilson_low,
        wilson_high(converted_instance_count, shown_instance_count) as conversion_wilson_high,
        is_complete,
        is_suppressed
    from shown_moves

)

select * from next_step
