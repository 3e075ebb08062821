/*
description: >
  Every touchpoint of every journey instance, in order. An instance begins at the first touchpoint
  that can start the journey (or reaches its goal unprepared) while none is open, and ends with its
  goal, its exit, or a silence longer than the timeout.
grain: [journey, kind, namespace, event_id]
columns:
  journey: {type: string, description: The declared journey.}
  instance_id: {type: string, description: 'The instance, from journey, person and start; of several that start at once their number too.'}
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
  stage_visit_number: {type: int64, description: 'Number of the stay in a stage, from 1; null outside every stage, where no stay ends.'}
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
        stage_events.is_start or stage_events.is_goal as can_start,
        stage_events.is_goal or stage_events.is_exit as ends,
        stages.stage_number,
        journeys.timeout_seconds
    from journeys.stage_events as stage_events
    inner join config.journeys
        on stage_events.journey = journeys.journey
    left join config.stages
        on stage_events.journey = stages.journey
        and stage_events.stage = stages.stage

),

ordered_steps as (

    select
        *,
        entity_key(
            journey,
            cast(customer_key as varchar),
            cast(microseconds_between(
                timestamp '1970-01-01T00:00:00Z',
                instance_started_at
            ) as varchar)
            -- As of two orders in one minute, where exports tell no seconds.
            || case
                when same_start_number > 1 then '#' || cast(same_start_number as varchar)
                else ''
            end
        ) as instance_id
    from journey_steps((select * from events))

),

steps as (

    select
        journey,
        instance_id,
        short_key(instance_id) as instance_key,
        customer_key,
        step_number,
        kind,
        namespace,
        event_id,
        session_id,
        event_name,
        channel,
        stage,
        stage_number,
        stage_visit_number,
        seconds_between(occurred_at, next_step_at) as dwell_seconds,
        is_goal,
        is_exit,
        is_repeat,
        is_backward,
        is_skip,
        occurred_at
    from ordered_steps

)

select * from steps
