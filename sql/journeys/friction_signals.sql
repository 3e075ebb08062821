/*
description: >
  Signs that something went hard for somebody on a declared journey. Each is a fixed rule that can
  be wrong: it says what happened, not what was felt.
columns:
  signal:
    type: string
    description: >
      error (the touchpoint failed), form_abandon (it was given up), low_score (a detractor, the lowest
      40 % of another scale, two stars or fewer), repeat_contact (a case within 7 days of another on the
      topic), hand_over (another employee took the case over), rage (a third equal event within 5
      seconds), backtrack (back to an earlier stage), loop (twice to a stage and back), slow (a stay in a
      stage over its target) or dead_end (the last step of a journey that was abandoned).
  instance_key: {type: int64, description: Join key of the journey instance.}
  journey: {type: string, description: The declared journey.}
  customer_key: {type: int64, description: The person.}
  touchpoint: {type: string, description: 'Event name of the step; of loop and slow the stage.'}
  channel: {type: string, description: 'Channel of the step; null for loop and slow.'}
  occurred_at: {type: timestamp, description: When it showed.}
*/
with

marked_instances as (

    select
        marks.signal,
        instances.instance_key,
        instances.journey,
        instances.customer_key,
        marks.touchpoint,
        marks.channel,
        marks.occurred_at
    from journeys.friction_marks as marks
    inner join journeys.instances
        on marks.customer_key = instances.customer_key
        and marks.occurred_at >= instances.started_at
        and marks.occurred_at <= instances.last_step_at

),

quick_steps as (

    select
        instance_key,
        journey,
        customer_key,
        step_number,
        event_name,
        channel,
        is_repeat,
        occurred_at,
        lag(step_number, 2) over in_order as second_step_before,
        lag(is_repeat) over in_order as is_repeat_before,
        lag(occurred_at, 2) over in_order as second_occurred_before
    from journeys.steps
    where is_repeat
        or dwell_seconds <= 5
    window in_order as (partition by instance_key order by step_number)

),

rage_steps as (

    select
        *,
        lag(step_number) over (partition by instance_key order by step_number)
            as previous_rage_number
    from quick_steps
    where is_repeat
        and is_repeat_before
        and second_step_before = step_number - 2
        and microseconds_between(second_occurred_before, occurred_at) <= 5000000

),

step_signals as (

    -- Of a burst the first third event counts.
    select
        'rage' as signal,
        instance_key,
        journey,
        customer_key,
        event_name as touchpoint,
        channel,
        occurred_at
    from rage_steps
    where previous_rage_number is distinct from step_number - 1
    union all
    select
        'backtrack' as signal,
        instance_key,
        journey,
        customer_key,
        event_name as touchpoint,
        channel,
        occurred_at
    from journeys.steps
    where is_backward
    union all
    select
        'dead_end' as signal,
        steps.instance_key,
        steps.journey,
        steps.customer_key,
        steps.event_name as touchpoint,
        steps.channel,
        steps.occurred_at
    from journeys.instances
    inner join journeys.steps
        on instances.instance_key = steps.instance_key
    where instances.status = 'abandoned'
        and steps.dwell_seconds is null

),

stage_loops as (

    select
        instance_key,
        journey,
        customer_key,
        to_stage as touchpoint,
        max(occurred_at) as occurred_at
    from journeys.transitions
    where from_stage not like '(%'
        and to_stage not like '(%'
    group by
        instance_key,
        journey,
        customer_key,
        to_stage,
        least(from_stage, to_stage),
        greatest(from_stage, to_stage)
    having count(*) >= 2
        and bool_or(is_backward)

),

stage_signals as (

    select
        'loop' as signal,
        instance_key,
        journey,
        customer_key,
        touchpoint,
        cast(null as varchar) as channel,
        occurred_at
    from stage_loops
    union all
    select
        'slow' as signal,
        instance_key,
        journey,
        customer_key,
        stage as touchpoint,
        cast(null as varchar) as channel,
        entered_at as occurred_at
    from journeys.stage_visits
    where is_over_target

),

friction_signals as (

    select * from marked_instances
    union all
    select * from step_signals
    union all
    select * from stage_signals

)

select * from friction_signals
