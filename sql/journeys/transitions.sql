/*
description: >
  Moves of a journey instance from one stage to the next, with the start of the instance as its
  first and the end as its last move. An open instance has no last move.
grain: [instance_key, transition_number]
columns:
  instance_key: {type: int64, description: Join key of the instance.}
  transition_number: {type: int64, description: 'Place of the move in the instance, from 1.'}
  journey: {type: string, description: The declared journey.}
  customer_key: {type: int64, description: The person.}
  from_stage: {type: string, description: 'Stage left, or (start).'}
  to_stage: {type: string, description: 'Stage entered, or (converted) or (abandoned).'}
  seconds_in_stage: {type: float64, description: How long the stay in from_stage was; null for the start.}
  is_backward: {type: bool, description: Whether to_stage comes before from_stage in the journey.}
  is_skip: {type: bool, description: Whether a stage between the two was passed over.}
  occurred_at: {type: timestamp, description: When the stage was entered or the instance ended.}
*/
with

moves_in as (

    select
        instance_key,
        visit_number as transition_number,
        journey,
        customer_key,
        coalesce(previous_stage, '(start)') as from_stage,
        stage as to_stage,
        lag(duration_seconds) over (partition by instance_key order by visit_number)
            as seconds_in_stage,
        coalesce(stage_number < previous_stage_number, false) as is_backward,
        stage_number > coalesce(previous_stage_number, 0) + 1 as is_skip,
        entered_at as occurred_at
    from journeys.stage_visits

),

moves_out as (

    select
        instance_key,
        visit_number + 1 as transition_number,
        journey,
        customer_key,
        stage as from_stage,
        '(' || outcome || ')' as to_stage,
        duration_seconds as seconds_in_stage,
        false as is_backward,
        false as is_skip,
        left_at as occurred_at
    from journeys.stage_visits
    where outcome in ('converted', 'abandoned')

),

transitions as (

    select * from moves_in
    union all
    select * from moves_out

)

select * from transitions
