/*
description: >
  Contiguous stays of a journey instance in one stage. A stay ends with the first step in another
  stage, or with the last step of an instance that has ended; touchpoints outside every stage do
  not end it. The stay of an open instance is censored: it lasted at least so long.
grain: [instance_key, visit_number]
columns:
  instance_key: {type: int64, description: Join key of the instance.}
  visit_number: {type: int64, description: 'Place of the stay in the instance, from 1.'}
  journey: {type: string, description: The declared journey.}
  customer_key: {type: int64, description: The person.}
  stage: {type: string, description: The stage.}
  stage_number: {type: int64, description: Place of the stage in the journey.}
  previous_stage: {type: string, description: Stage of the stay before; null for the first.}
  previous_stage_number: {type: int64, description: Its place in the journey; null for the first.}
  outcome: {type: string, description: 'moved_on, or for the last stay the status of the instance: converted, abandoned or open.'}
  step_count: {type: int64, description: Steps in the stage during the stay.}
  duration_seconds: {type: float64, description: 'From entering to leaving; while open, to $as_of.'}
  target_seconds: {type: int64, description: How long the stage should last; null without target.}
  is_censored: {type: bool, description: Whether the stay still lasts.}
  is_over_target: {type: bool, description: Whether it lasted longer than the target; null without target.}
  entered_at: {type: timestamp, description: First step in the stage.}
  left_at: {type: timestamp, description: 'First step in another stage, or end of activity; null while open.'}
checks:
  - duration_seconds >= 0
*/
with

visits as (

    select
        instance_key,
        stage_visit_number as visit_number,
        journey,
        customer_key,
        stage,
        stage_number,
        count(*) as step_count,
        min(occurred_at) as entered_at
    from journeys.steps
    where stage_visit_number is not null
    group by instance_key, stage_visit_number, journey, customer_key, stage, stage_number

),

neighbours as (

    select
        *,
        lag(stage) over in_order as previous_stage,
        lag(stage_number) over in_order as previous_stage_number,
        lead(entered_at) over in_order as next_entered_at
    from visits
    window in_order as (partition by instance_key order by visit_number)

),

stage_visits as (

    select
        neighbours.instance_key,
        neighbours.visit_number,
        neighbours.journey,
        neighbours.customer_key,
        neighbours.stage,
        neighbours.stage_number,
        neighbours.previous_stage,
        neighbours.previous_stage_number,
        case
            when neighbours.next_entered_at is not null then 'moved_on'
            else instances.status
        end as outcome,
        neighbours.step_count,
        neighbours.entered_at,
        coalesce(
            neighbours.next_entered_at,
            case when instances.status != 'open' then instances.last_step_at end
        ) as left_at
    from neighbours
    inner join journeys.instances
        on neighbours.instance_key = instances.instance_key

),

measured_visits as (

    select
        stage_visits.instance_key,
        stage_visits.visit_number,
        stage_visits.journey,
        stage_visits.customer_key,
        stage_visits.stage,
        stage_visits.stage_number,
        stage_visits.previous_stage,
        stage_visits.previous_stage_number,
        stage_visits.outcome,
        stage_visits.step_count,
        seconds_between(stage_visits.entered_at, coalesce(stage_visits.left_at, $as_of))
            as duration_seconds,
        stages.target_seconds,
        stage_visits.left_at is null as is_censored,
        microseconds_between(stage_visits.entered_at, coalesce(stage_visits.left_at, $as_of))
            > stages.target_seconds * 1000000 as is_over_target,
        stage_visits.entered_at,
        stage_visits.left_at
    from stage_visits
    left join config.stages
        on stage_visits.journey = stages.journey
        and stage_visits.stage = stages.stage

)

select * from measured_visits
