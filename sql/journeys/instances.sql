/*
description: >
  Journey instances: one person going through one declared journey once. Converted with its goal;
  abandoned by exit, or by a silence longer than the timeout, dated at its end; else open.
grain: [instance_id]
columns:
  instance_id: {type: string, description: The instance.}
  instance_key: {type: int64, description: Join key of instance_id.}
  journey: {type: string, description: The declared journey.}
  customer_id: {type: string, description: The person.}
  customer_key: {type: int64, description: Join key of customer_id.}
  status: {type: string, description: 'converted, abandoned or open.'}
  end_reason: {type: string, description: 'goal, exit or timeout; null while open.'}
  entry_channel: {type: string, description: Channel of the first step.}
  last_stage: {type: string, description: Stage of the last step that has one; null if none has.}
  furthest_stage_number: {type: int64, description: Furthest stage reached; null if none was.}
  step_count: {type: int64, description: Touchpoints.}
  stage_count: {type: int64, description: Different stages visited.}
  backward_count: {type: int64, description: Steps back to an earlier stage.}
  skip_count: {type: int64, description: Steps that passed over a stage.}
  throughput_seconds: {type: float64, description: From first to last step; 0 for one step.}
  is_conforming: {type: bool, description: Whether no step went back or passed over a stage.}
  started_date: {type: date, description: Local day of the first step.}
  started_at: {type: timestamp, description: First step.}
  last_step_at: {type: timestamp, description: Last step so far.}
  ended_at: {type: timestamp, description: Goal or exit; of a timeout the last step plus the timeout; null while open.}
checks:
  - step_count > 0
  - (status = 'open') = (ended_at is null)
*/
with

instance_sums as (

    select
        instance_key,
        instance_id,
        journey,
        customer_key,
        bool_or(is_goal) as is_converted,
        bool_or(is_exit) as is_exited,
        first_value(channel order by step_number) as entry_channel,
        last_value(stage order by step_number) filter (where stage is not null) as last_stage,
        max(stage_number) as furthest_stage_number,
        count(*) as step_count,
        count(distinct stage_number) as stage_count,
        count(*) filter (where is_backward) as backward_count,
        count(*) filter (where is_skip) as skip_count,
        min(occurred_at) as started_at,
        max(occurred_at) as last_step_at
    from journeys.steps
    group by instance_key, instance_id, journey, customer_key

),

ended_instances as (

    select
        instance_sums.*,
        case
            when instance_sums.is_converted then 'goal'
            when instance_sums.is_exited then 'exit'
            when microseconds_between(instance_sums.last_step_at, $as_of)
                > journeys.timeout_seconds * 1000000 then 'timeout'
        end as end_reason,
        instance_sums.last_step_at
            + arrow_cast(journeys.timeout_seconds * 1000000, 'Duration(µs)') as timeout_at
    from instance_sums
    inner join config.journeys
        on instance_sums.journey = journeys.journey

),

instances as (

    select
        ended_instances.instance_id,
        ended_instances.instance_key,
        ended_instances.journey,
        people.customer_id,
        ended_instances.customer_key,
        case ended_instances.end_reason
            when 'goal' then 'converted'
            when 'exit' then 'abandoned'
            when 'timeout' then 'abandoned'
            else 'open'
        end as status,
        ended_instances.end_reason,
        ended_instances.entry_channel,
        ended_instances.last_stage,
        ended_instances.furthest_stage_number,
        ended_instances.step_count,
        ended_instances.stage_count,
        ended_instances.backward_count,
        ended_instances.skip_count,
        seconds_between(ended_instances.started_at, ended_instances.last_step_at)
            as throughput_seconds,
        ended_instances.backward_count + ended_instances.skip_count = 0 as is_conforming,
        local_date(ended_instances.started_at, $timezone) as started_date,
        ended_instances.started_at,
        ended_instances.last_step_at,
        case ended_instances.end_reason
            when 'goal' then ended_instances.last_step_at
            when 'exit' then ended_instances.last_step_at
            when 'timeout' then ended_instances.timeout_at
        end as ended_at
    from ended_instances
    inner join core.people
        on ended_instances.customer_key = people.customer_key

)

select * from instances
