/*
description: >
  Touchpoints that tell by themselves that something went hard, whether or not they lie on a
  declared journey.
grain: [signal, kind, namespace, event_id]
columns:
  signal: {type: string, description: 'error, form_abandon, low_score, repeat_contact or hand_over; as in journeys.friction_signals.'}
  kind: {type: string, description: Kind of the touchpoint.}
  namespace: {type: string, description: Namespace of event_id.}
  event_id: {type: string, description: Id of the touchpoint.}
  customer_key: {type: int64, description: The person.}
  touchpoint: {type: string, description: Event name.}
  channel: {type: string, description: Channel.}
  occurred_at: {type: timestamp, description: When it happened.}
*/
with

outcome_marks as (

    select
        case outcome when 'error' then 'error' else 'form_abandon' end as signal,
        kind,
        namespace,
        event_id,
        customer_key,
        event_name as touchpoint,
        channel,
        occurred_at
    from core.touchpoints
    where outcome in ('error', 'abandoned')
        and customer_key is not null
        and not is_bot

),

-- Detractors; the two lowest of five, the three lowest of seven, and as much of other scales.
score_marks as (

    select
        'low_score' as signal,
        'survey' as kind,
        namespace,
        response_id as event_id,
        customer_key,
        'survey_answered' as touchpoint,
        channel,
        answered_at as occurred_at
    from core.surveys
    where customer_key is not null
        and case kind
            when 'nps' then score <= 6
            else (score - scale_min) * 10 < (scale_max - scale_min + 1) * 4
        end
    union all
    select
        'low_score' as signal,
        'mention' as kind,
        namespace,
        mention_id as event_id,
        customer_key,
        'mention_published' as touchpoint,
        network as channel,
        published_at as occurred_at
    from core.social_mentions
    where customer_key is not null
        and rating <= 2

),

followed_tickets as (

    select
        namespace,
        ticket_id,
        customer_key,
        channel,
        opened_at,
        lag(opened_at) over (
            partition by customer_key, topic
            order by opened_at, namespace, ticket_id
        ) as previous_opened_at
    from core.tickets
    where customer_key is not null

),

ticket_marks as (

    select
        'repeat_contact' as signal,
        'ticket' as kind,
        namespace,
        ticket_id as event_id,
        customer_key,
        'ticket_opened' as touchpoint,
        channel,
        opened_at as occurred_at
    from followed_tickets
    where opened_at <= previous_opened_at + interval '7 days'
    union all
    select
        'hand_over' as signal,
        'ticket' as kind,
        tickets.namespace,
        tickets.ticket_id as event_id,
        tickets.customer_key,
        'ticket_opened' as touchpoint,
        tickets.channel,
        tickets.opened_at as occurred_at
    from core.tickets
    inner join core.cases
        on tickets.namespace = cases.namespace
        and tickets.ticket_id = cases.case_id
    where cases.handover_count > 0
        and tickets.customer_key is not null

),

friction_marks as (

    select * from outcome_marks
    union all
    select * from score_marks
    union all
    select * from ticket_marks

)

select * from friction_marks
