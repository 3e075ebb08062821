/*
description: >
  From touchpoint to touchpoint: each step of a journey instance with the one before it, from the
  start of the instance to its end. An open instance has no end.
grain: [instance_key, move_number]
materialized: view
columns:
  instance_key: {type: int64, description: Join key of the instance.}
  move_number: {type: int64, description: 'Place of the move in the instance, from 1.'}
  journey: {type: string, description: The declared journey.}
  customer_key: {type: int64, description: The person.}
  from_touchpoint: {type: string, description: 'Event name of the step left, or (start).'}
  to_touchpoint: {type: string, description: 'Event name of the step taken, or (converted) or (abandoned).'}
  seconds_between: {type: float64, description: 'From the one step to the other; null for the start and the end.'}
  occurred_at: {type: timestamp, description: 'When the step was taken; of the end, when the last step was.'}
*/
with

ordered_steps as (

    select
        journey,
        instance_key,
        customer_key,
        step_number,
        event_name,
        occurred_at,
        lag(event_name) over in_order as previous_event_name,
        lag(dwell_seconds) over in_order as previous_dwell_seconds
    from journeys.steps
    window in_order as (partition by instance_key order by step_number)

),

-- Only the last step has nothing after it.
last_steps as (

    select
        journey,
        instance_key,
        customer_key,
        step_number,
        event_name,
        occurred_at
    from journeys.steps
    where dwell_seconds is null

),

moves as (

    select
        instance_key,
        step_number as move_number,
        journey,
        customer_key,
        coalesce(previous_event_name, '(start)') as from_touchpoint,
        event_name as to_touchpoint,
        previous_dwell_seconds as seconds_between,
        occurred_at
    from ordered_steps
    union all
    select
        last_steps.instance_key,
        last_steps.step_number + 1 as move_number,
        last_steps.journey,
        last_steps.customer_key,
        last_steps.event_name as from_touchpoint,
        '(' || instances.status || ')' as to_touchpoint,
        cast(null as double) as seconds_between,
        last_steps.occurred_at
    from last_steps
    inner join journeys.instances
        on last_steps.instance_key = instances.instance_key
    where instances.status != 'open'

)

select * from moves
