/*
description: >
  Every touchpoint of every journey instance, in order. An instance begins at the first touchpoint
  that can start the journey (or reaches its goal unprepared) while none is open, and ends with its
  goal, its exit, or a silence longer than the timeout.
grain: [journey, kind, namespace, event_id]
columns:
  journey: {type: string, description: The declared journey.}
  instance_id: {type: string, description: 'The instance, from journey, person and start.'}
  instance_key: {type: int64, description: Join key of instance_id.}
  customer_key: {type: int64, description: The person.}
  step_number: {type: int64, description: 'Place in the instance, from 1.'}
  kind: {type: string, description: Kind of the touchpoint.}
  namespace: {type: string, description: Namespace of event_id.}
  event_id: {type: string, description: Id of the touchpoint.}
  session_id: {type: string, description: Visit of a web event; else null.}
  event_name: {type: string, description: What happened.}
  channel: {type: string, description: Where it happened.}
  stage: {type: string, description: Stage of the touchpoint; null outside every stage.}
  stage_number: {type: int64, description: Place of the stage in the journey; null outside every stage.}
  dwell_seconds: {type: float64, description: Until the next step; null for the last one.}
  is_goal: {type: bool, description: Whether it completes the instance.}
  is_exit: {type: bool, description: Whether it ends the instance without its goal.}
  is_repeat: {type: bool, description: Whether the step before it has the same event name.}
  is_backward: {type: bool, description: Whether it returns to an earlier stage than the one before.}
  is_skip: {type: bool, description: Whether it passes over a stage never visited in the instance.}
  occurred_at: {type: timestamp, description: When it happened.}
*/
with

events as (

    select
        stage_events.*,
        stages.stage_number,
        journeys.timeout_seconds * 1000000 as timeout_microseconds
    from journeys.stage_events as stage_events
    inner join config.journeys
        on stage_events.journey = journeys.journey
    left join config.stages
        on stage_events.journey = stages.journey
        and stage_events.stage = stages.stage

),

ends as (

    select
        *,
        lag(is_goal or is_exit) over in_order
            or microseconds_between(lag(occurred_at) over in_order, occurred_at)
                > timeout_microseconds as is_after_end
    from events
    window in_order as (
        partition by journey, customer_key
        order by occurred_at, event_sequence, kind, namespace, event_id
    )

),

-- A stretch ends with a goal, an exit or a silence; at most one instance lies in it.
stretches as (

    select
        *,
        sum(case when is_after_end then 1 else 0 end) over (
            partition by journey, customer_key
            order by occurred_at, event_sequence, kind, namespace, event_id
            rows between unbounded preceding and current row
        ) as stretch_number
    from ends

),

started_stretches as (

    select
        *,
        min(case when is_start or is_goal then occurred_at end) over (
            partition by journey, customer_key, stretch_number
            order by occurred_at, event_sequence, kind, namespace, event_id
            rows between unbounded preceding and current row
        ) as started_at
    from stretches

),

ordered_steps as (

    select
        *,
        entity_key(
            journey,
            cast(customer_key as varchar),
            cast(microseconds_between(timestamp '1970-01-01T00:00:00Z', started_at) as varchar)
        ) as instance_id,
        row_number() over in_order as step_number,
        lead(occurred_at) over in_order as next_at,
        lag(event_name) over in_order as event_name_before,
        last_value(stage_number) ignore nulls over before as stage_number_before,
        max(stage_number) over before as furthest_before
    from started_stretches
    where started_at is not null
    window
        in_order as (
            partition by journey, customer_key, stretch_number
            order by occurred_at, event_sequence, kind, namespace, event_id
        ),
        before as (
            partition by journey, customer_key, stretch_number
            order by occurred_at, event_sequence, kind, namespace, event_id
            rows between unbounded preceding and 1 preceding
        )

),

steps as (

    select
        journey,
        instance_id,
        short_key(instance_id) as instance_key,
        customer_key,
        cast(step_number as bigint) as step_number,
        kind,
        namespace,
        event_id,
        session_id,
        event_name,
        channel,
        stage,
        stage_number,
        seconds_between(occurred_at, next_at) as dwell_seconds,
        is_goal,
        is_exit,
        coalesce(event_name = event_name_before, false) as is_repeat,
        coalesce(stage_number < stage_number_before, false) as is_backward,
        coalesce(stage_number > coalesce(furthest_before, 0) + 1, false) as is_skip,
        occurred_at
    from ordered_steps

)

select * from steps
