/*
description: >
  Every contact between a person and the company, whatever the channel: web events, orders,
  subscriptions, deals, tickets, survey answers, public mentions, logged activities and declared
  dealings with competitors. What `journeys:`, `funnels:` and `tasks:` predicates see.
grain: [kind, namespace, event_id]
columns:
  kind: {type: string, description: 'event, order, subscription, deal, ticket, survey, mention, activity or declared.'}
  namespace: {type: string, description: Namespace in which event_id is unique within its kind.}
  event_id: {type: string, description: 'Id of the event, order, subscription, ticket, response, mention or activity; deal and /opened or /closed; response and / and question of what was declared.'}
  customer_id: {type: string, description: The person; null if unknown.}
  customer_key: {type: int64, description: Join key of customer_id.}
  visitor_key: {type: int64, description: Key of the cookie or login; null off the web.}
  session_id: {type: string, description: Visit of a web event; else null.}
  event_name: {type: string, description: 'Web events in the vendor''s words; order_placed, subscription_started, deal_opened, deal_won, deal_lost, ticket_opened, survey_answered, mention_published, competitor_declared; the kind of an activity.'}
  event_sequence: {type: int64, description: The vendor's order among events of one time stamp.}
  channel: {type: string, description: 'web, or the channel the source names; Unassigned if none.'}
  channel_kind: {type: string, description: online or offline.}
  direction: {type: string, description: 'in (from the customer) or out (to the customer).'}
  actor: {type: string, description: 'own, competitor or third_party.'}
  page_path: {type: string, description: Path of the page address.}
  utm_source: {type: string, description: Campaign source of the event.}
  utm_medium: {type: string, description: Campaign medium of the event.}
  utm_campaign: {type: string, description: Campaign of the event.}
  device_category: {type: string, description: Device.}
  platform: {type: string, description: Platform.}
  country_code: {type: string, description: ISO 3166-1 alpha-2 country.}
  search_term: {type: string, description: What was searched for.}
  topic: {type: string, description: 'Topic of a ticket, pipeline of a deal, id of a survey or name of a competitor.'}
  order_id: {type: string, description: Order the touchpoint belongs to.}
  case_id: {type: string, description: Support case or deal.}
  agent_id: {type: string, pii: employee, description: Employee.}
  agent_team: {type: string, description: Team of the employee.}
  outcome: {type: string, description: 'ok, error, abandoned or the source''s word.'}
  score: {type: int64, description: Score of a survey answer or stars of a mention.}
  value: {type: "decimal(18,4)", description: Value of the touchpoint in its currency.}
  currency: {type: string, description: ISO 4217 currency of value.}
  duration_ms: {type: int64, description: Milliseconds the touchpoint lasted.}
  is_bot: {type: bool, description: Whether the visitor is a robot.}
  occurred_date: {type: date, description: Local day.}
  occurred_at: {type: timestamp, description: When it happened.}
*/
with

web_touchpoints as (

    select
        'event' as kind,
        events.namespace,
        events.event_id,
        events.visitor_key,
        events.event_name,
        events.event_sequence,
        events.channel,
        events.direction,
        events.actor,
        events.page_path,
        events.utm_source,
        events.utm_medium,
        events.utm_campaign,
        events.device_category,
        events.platform,
        events.country_code,
        events.search_term,
        events.order_id,
        events.case_id,
        events.agent_id,
        events.outcome,
        events.value,
        events.currency,
        events.duration_ms,
        events.occurred_at,
        case
            when events.is_logged_in then events.customer_key
            else coalesce(sessions.customer_key, events.customer_key)
        end as customer_key,
        sessions.session_id,
        events.is_bot or coalesce(sessions.is_bot, false) as is_bot
    from core.events
    left join core.sessions
        on events.visitor_key = sessions.visitor_key
        and events.session_index = sessions.session_index

),

all_touchpoints as (

    select * from web_touchpoints
    union all by name
    select * from core.offline_touchpoints

),

touchpoints as (

    select
        all_touchpoints.kind,
        all_touchpoints.namespace,
        all_touchpoints.event_id,
        people.customer_id,
        all_touchpoints.customer_key,
        all_touchpoints.visitor_key,
        all_touchpoints.session_id,
        all_touchpoints.event_name,
        all_touchpoints.event_sequence,
        coalesce(all_touchpoints.channel, 'Unassigned') as channel,
        case
            when all_touchpoints.channel in ('store', 'phone', 'call', 'meeting', 'visit', 'post')
                then 'offline'
            else 'online'
        end as channel_kind,
        coalesce(all_touchpoints.direction, 'in') as direction,
        coalesce(all_touchpoints.actor, 'own') as actor,
        all_touchpoints.page_path,
        all_touchpoints.utm_source,
        all_touchpoints.utm_medium,
        all_touchpoints.utm_campaign,
        all_touchpoints.device_category,
        all_touchpoints.platform,
        all_touchpoints.country_code,
        all_touchpoints.search_term,
        all_touchpoints.topic,
        all_touchpoints.order_id,
        all_touchpoints.case_id,
        all_touchpoints.agent_id,
        all_touchpoints.agent_team,
        all_touchpoints.outcome,
        all_touchpoints.score,
        all_touchpoints.value,
        all_touchpoints.currency,
        all_touchpoints.duration_ms,
        coalesce(all_touchpoints.is_bot, false) as is_bot,
        local_date(all_touchpoints.occurred_at, $timezone) as occurred_date,
        all_touchpoints.occurred_at
    from all_touchpoints
    left join core.people
        on all_touchpoints.customer_key = people.customer_key

)

select * from touchpoints
