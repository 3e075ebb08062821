/*
description: >
  Every attempt at a declared task: from a touchpoint that begins it to the first one after it that
  completes it. A newer beginning takes the place of one that is not done within the task's time;
  what is not done within that time is given up, not slow.
grain: [task, kind, namespace, event_id]
columns:
  task: {type: string, description: The declared task.}
  kind: {type: string, description: Kind of the touchpoint that began it.}
  namespace: {type: string, description: Namespace of event_id.}
  event_id: {type: string, description: Id of the touchpoint that began it.}
  customer_key: {type: int64, description: The person.}
  status: {type: string, description: 'done, abandoned or open.'}
  duration_seconds: {type: float64, description: From beginning to completion; null unless done.}
  target_seconds: {type: int64, description: How long the task should take; null without target.}
  is_within_target: {type: bool, description: Whether it took no longer than that; null unless done and without target.}
  started_date: {type: date, description: Local day of the beginning.}
  started_at: {type: timestamp, description: When it began.}
checks:
  - (status = 'done') = (duration_seconds is not null)
*/
with

ordered_events as (

    select
        task,
        kind,
        namespace,
        event_id,
        customer_key,
        is_from,
        occurred_at,
        lead(is_to) over in_order as is_next_to,
        lead(occurred_at) over in_order as next_at
    from journeys.task_events
    window in_order as (
        partition by task, customer_key
        order by occurred_at, event_sequence, kind, namespace, event_id
    )

),

beginnings as (

    select
        ordered_events.*,
        tasks.target_seconds,
        tasks.max_seconds * 1000000 as max_microseconds,
        microseconds_between(ordered_events.occurred_at, coalesce(ordered_events.next_at, $as_of))
            as microseconds
    from ordered_events
    inner join config.tasks
        on ordered_events.task = tasks.task
    where ordered_events.is_from

),

judged_beginnings as (

    select
        *,
        case
            when microseconds > max_microseconds then 'abandoned'
            when is_next_to then 'done'
            when next_at is null then 'open'
            else 'restarted'
        end as status
    from beginnings

),

task_runs as (

    select
        task,
        kind,
        namespace,
        event_id,
        customer_key,
        status,
        case when status = 'done' then seconds_between(occurred_at, next_at) end
            as duration_seconds,
        target_seconds,
        case when status = 'done' then microseconds <= target_seconds * 1000000 end
            as is_within_target,
        local_date(occurred_at, $timezone) as started_date,
        occurred_at as started_at
    from judged_beginnings
    where status != 'restarted'

)

select * from task_runs
