/*
description: >
  Web and app events with the visit each belongs to: a visitor is a cookie, or a login where there
  is no cookie, and a visit ends when the rules of `sessions:` say so; another campaign is another
  source, medium or campaign name, or another click id where there is none of them. Events that
  arrived later than late_days are left out (marts.data_quality counts them); bots stay, with a flag.
grain: [namespace, event_id]
columns:
  namespace: {type: string, description: Namespace in which event_id is unique.}
  event_id: {type: string, description: Id of the event.}
  visitor_key: {type: int64, description: Key of the cookie or login; null if the event has neither.}
  session_index: {type: int64, description: 'Number of the visit of this visitor, from 1; null without visitor.'}
  customer_key: {type: int64, description: 'The person: of the login, else of the cookie; null without either.'}
  event_name: {type: string, description: What happened in the vendor's words.}
  event_sequence: {type: int64, description: The vendor's order among events of one time stamp.}
  channel: {type: string, description: Channel of the event; web unless the export says otherwise.}
  direction: {type: string, description: 'in or out; in unless the export says otherwise.'}
  actor: {type: string, description: 'own, competitor or third_party; own unless the export says otherwise.'}
  page_path: {type: string, description: Path of the page address.}
  referrer_host: {type: string, description: 'Host the visitor came from; null if none, or the page''s own.'}
  utm_source: {type: string, description: Campaign source.}
  utm_medium: {type: string, description: Campaign medium.}
  utm_campaign: {type: string, description: Campaign name.}
  click_id: {type: string, description: Advertising click id.}
  device_category: {type: string, description: 'desktop, mobile, tablet or tv.'}
  platform: {type: string, description: 'web, ios, android or another platform.'}
  country_code: {type: string, description: ISO 3166-1 alpha-2 country.}
  search_term: {type: string, description: What was searched for.}
  order_id: {type: string, description: Order a purchase event belongs to.}
  case_id: {type: string, description: Support case.}
  agent_id: {type: string, pii: employee, description: Employee the visitor dealt with.}
  outcome: {type: string, description: 'ok, error or abandoned.'}
  value: {type: "decimal(18,4)", description: Value the vendor gave the event.}
  currency: {type: string, description: ISO 4217 currency of value.}
  engagement_ms: {type: int64, description: Milliseconds in the foreground since the previous event.}
  duration_ms: {type: int64, description: Milliseconds the event itself lasted.}
  is_view: {type: bool, description: Whether it is a page or screen view.}
  is_logged_in: {type: bool, description: Whether the visitor was logged in.}
  is_bot: {type: bool, description: 'Whether the user agent is a robot, or it is a hundredth hit within 100 seconds.'}
  is_time_corrected: {type: bool, description: 'Whether the clock ran over 5 minutes ahead, so that the arrival time is used.'}
  occurred_at: {type: timestamp, description: When it happened.}
*/
with

settings as (

    select late_days from config.settings

),

timely_events as (

    select
        *,
        coalesce(microseconds_between(received_at, occurred_at) > 300000000, false)
            as is_time_corrected,
        entity_key(namespace || '.login', user_id) as login_id,
        entity_key(namespace || '.cookie', anonymous_id) as cookie_id
    from inbound.events
    cross join settings
    where coalesce(
        microseconds_between(occurred_at, received_at) <= late_days * 86400000000,
        true
    )

),

visitor_events as (

    select
        *,
        case when is_time_corrected then received_at else occurred_at end as happened_at,
        short_key(coalesce(cookie_id, login_id)) as visitor_key,
        short_key(coalesce(login_id, cookie_id)) as identifier_key
    from timely_events

),

session_events as (

    select
        *,
        sessionize(
            happened_at,
            $session_rules,
            case
                when coalesce(utm_source, utm_medium, utm_campaign) is null then click_id
                else concat_ws(
                    '|',
                    coalesce(utm_source, ''),
                    coalesce(utm_medium, ''),
                    coalesce(utm_campaign, '')
                )
            end,
            $timezone
        ) over (
            partition by visitor_key
            order by happened_at, event_sequence, namespace, event_id
        ) as visit_number,
        lag(happened_at, $bot_event_count - 1) over (
            partition by visitor_key
            order by happened_at, event_sequence, namespace, event_id
        ) as hundredth_hit_at
    from visitor_events

),

events as (

    select
        session_events.namespace,
        session_events.event_id,
        session_events.visitor_key,
        case when session_events.visitor_key is not null then session_events.visit_number end
            as session_index,
        identities.customer_key,
        session_events.event_name,
        session_events.event_sequence,
        coalesce(session_events.channel, 'web') as channel,
        coalesce(session_events.direction, 'in') as direction,
        coalesce(session_events.actor, 'own') as actor,
        url_path(session_events.page_url) as page_path,
        case
            when url_host(session_events.referrer_url)
                is distinct from url_host(session_events.page_url)
                then url_host(session_events.referrer_url)
        end as referrer_host,
        session_events.utm_source,
        session_events.utm_medium,
        session_events.utm_campaign,
        session_events.click_id,
        session_events.device_category,
        session_events.platform,
        session_events.country_code,
        session_events.search_term,
        session_events.order_id,
        session_events.case_id,
        session_events.agent_id,
        session_events.outcome,
        session_events.value,
        session_events.currency,
        session_events.engagement_ms,
        session_events.duration_ms,
        session_events.event_name in ('page_view', 'screen_view') as is_view,
        session_events.user_id is not null as is_logged_in,
        coalesce(is_bot(session_events.user_agent), false)
            or coalesce(
                session_events.visitor_key is not null
                and microseconds_between(
                    session_events.hundredth_hit_at,
                    session_events.happened_at
                ) < $bot_within_seconds * 1000000,
                false
            ) as is_bot,
        session_events.is_time_corrected,
        session_events.happened_at as occurred_at
    from session_events
    left join core.identities
        on session_events.identifier_key = identities.identifier_key

)

select * from events
