/*
description: >
  Open journeys whose person has been in a stage for longer than it should take: its target, or
  where it has none, or that is shorter, the 90th percentile of the stays that ended. A list to act
  on, the longest first within each journey.
grain: [journey, instance_id]
requires: [config.journeys]
columns:
  journey: {type: string, description: The declared journey.}
  instance_id: {type: string, description: The instance.}
  customer_id: {type: string, description: The person.}
  stage: {type: string, description: Stage in which the person is.}
  stage_seconds: {type: float64, description: How long the stay has lasted by $as_of.}
  limit_seconds: {type: float64, description: Longer than this is stuck.}
  target_seconds: {type: int64, description: How long the stage should last; null without target.}
  silent_seconds: {type: float64, description: Since the last step.}
  last_touchpoint: {type: string, description: Event name of the last step.}
  last_channel: {type: string, description: Channel of the last step.}
  last_agent_id: {type: string, pii: employee, description: Pseudonym of the employee who last dealt with the person; null if none did.}
  suggested_stage: {type: string, description: 'The stage, or (converted), that converted instances most often went to from here; null if none did.'}
  entered_at: {type: timestamp, description: When the stay began.}
  last_step_at: {type: timestamp, description: When the last step was.}
checks:
  - stage_seconds > limit_seconds
*/
with

closed_stays as (

    select
        journey,
        stage,
        quantile_exact(duration_seconds, 0.9) as p90_seconds
    from journeys.stage_visits
    where not is_censored
    group by journey, stage

),

converting_moves as (

    select
        transitions.journey,
        transitions.from_stage,
        transitions.to_stage,
        count(*) as move_count
    from journeys.transitions
    inner join journeys.instances
        on transitions.instance_key = instances.instance_key
    where instances.status = 'converted'
    group by transitions.journey, transitions.from_stage, transitions.to_stage

),

suggestions as (

    select
        journey,
        from_stage,
        first_value(to_stage order by move_count desc, to_stage) as suggested_stage
    from converting_moves
    group by journey, from_stage

),

stuck_stays as (

    select
        stays.journey,
        stays.instance_key,
        stays.customer_key,
        stays.stage,
        stays.duration_seconds,
        greatest(cast(stays.target_seconds as double), closed_stays.p90_seconds)
            as limit_seconds,
        stays.target_seconds,
        stays.entered_at
    from journeys.stage_visits as stays
    left join closed_stays
        on stays.journey = closed_stays.journey
        and stays.stage = closed_stays.stage
    where stays.is_censored

),

-- Only the last step has nothing after it.
last_steps as (

    select
        instance_key,
        event_name,
        channel
    from journeys.steps
    where dwell_seconds is null

),

last_agents as (

    select
        touchpoints.customer_key,
        last_value(entity_key(touchpoints.namespace || '.agent', touchpoints.agent_id)
            order by
                touchpoints.occurred_at,
                touchpoints.event_sequence,
                touchpoints.kind,
                touchpoints.namespace,
                touchpoints.event_id
        ) as agent_id
    from core.touchpoints
    where touchpoints.agent_id is not null
        and touchpoints.customer_key is not null
    group by touchpoints.customer_key

),

stuck_customers as (

    select
        stuck_stays.journey,
        instances.instance_id,
        instances.customer_id,
        stuck_stays.stage,
        stuck_stays.duration_seconds as stage_seconds,
        stuck_stays.limit_seconds,
        stuck_stays.target_seconds,
        seconds_between(instances.last_step_at, $as_of) as silent_seconds,
        last_steps.event_name as last_touchpoint,
        last_steps.channel as last_channel,
        last_agents.agent_id as last_agent_id,
        suggestions.suggested_stage,
        stuck_stays.entered_at,
        instances.last_step_at
    from stuck_stays
    inner join journeys.instances
        on stuck_stays.instance_key = instances.instance_key
    inner join last_steps
        on instances.instance_key = last_steps.instance_key
    left join last_agents
        on stuck_stays.customer_key = last_agents.customer_key
    left join suggestions
        on stuck_stays.journey = suggestions.journey
        and stuck_stays.stage = suggestions.from_stage
    where stuck_stays.duration_seconds > stuck_stays.limit_seconds

)

select * from stuck_customers
