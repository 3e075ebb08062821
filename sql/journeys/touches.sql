/*
description: >
  What may have led a person to buy: every visit with the channel it came by, and every contact that
  an employee sought, robots left out.
grain: [kind, namespace, touch_id]
columns:
  kind: {type: string, description: 'visit or activity.'}
  namespace: {type: string, description: 'Namespace in which touch_id is unique within its kind; web for visits.'}
  touch_id: {type: string, description: Id of the visit or activity.}
  customer_key: {type: int64, description: 'The person, known or anonymous.'}
  channel: {type: string, description: 'Default channel group of a visit, such as Paid Search or Direct; kind of an activity.'}
  campaign: {type: string, description: Campaign of a visit; Unassigned if none.}
  touched_at: {type: timestamp, description: When it began.}
*/
with

touches as (

    select
        'visit' as kind,
        'web' as namespace,
        session_id as touch_id,
        customer_key,
        channel_group as channel,
        utm_campaign as campaign,
        started_at as touched_at
    from core.sessions
    where customer_key is not null
        and not is_bot
    union all
    select
        'activity' as kind,
        namespace,
        event_id as touch_id,
        customer_key,
        event_name as channel,
        'Unassigned' as campaign,
        occurred_at as touched_at
    from core.offline_touchpoints
    where kind = 'activity'
        and direction = 'out'
        and customer_key is not null

)

select * from touches
