/*
description: >
  Playbacks: one title, played from its start until its end or until the viewer gave up, with
  breaks of any length. Events that arrived later than late_days are left out, as everywhere.
grain: [namespace, playback_id]
columns:
  namespace: {type: string, description: Namespace in which playback_id is unique.}
  playback_id: {type: string, description: The playback.}
  customer_key: {type: int64, description: The viewer's account; null if unknown.}
  title_id: {type: string, description: What was played.}
  title: {type: string, description: Its name; null if the player did not tell.}
  watched_seconds: {type: int64, unit: seconds, description: The farthest position that was reached.}
  length_seconds: {type: int64, unit: seconds, description: How long the title lasts; null if the player did not tell.}
  rating: {type: int64, description: 'The last rating given in it, 1 to 5; null without.'}
  is_completed: {type: bool, description: Whether the player reported the end.}
  started_at: {type: timestamp, description: When it began.}
checks:
  - watched_seconds >= 0
  - watched_seconds <= length_seconds or length_seconds is null
*/
with

playback_events as (

    select
        events.namespace,
        inbound_events.playback_id,
        events.customer_key,
        events.event_name,
        events.event_id,
        inbound_events.title_id,
        inbound_events.title,
        inbound_events.position_seconds,
        inbound_events.length_seconds,
        inbound_events.rating,
        events.occurred_at
    from core.events
    inner join inbound.events as inbound_events
        on events.namespace = inbound_events.namespace
        and events.event_id = inbound_events.event_id
    where inbound_events.playback_id is not null
        and events.event_name != 'Parental Control Blocked'
        and not events.is_bot

),

playbacks as (

    select
        namespace,
        playback_id,
        max(customer_key) as customer_key,
        max(title_id) as title_id,
        max(title) as title,
        coalesce(max(position_seconds), 0) as watched_seconds,
        max(length_seconds) as length_seconds,
        last_value(rating order by occurred_at, event_id) filter (where rating is not null)
            as rating,
        bool_or(event_name = 'Video Content Completed') as is_completed,
        min(occurred_at) as started_at
    from playback_events
    group by namespace, playback_id

)

select * from playbacks
