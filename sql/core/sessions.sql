/*
description: >
  Visits of one cookie or login, built before people are recognised, so a visit never spans
  devices. A visit is a robot's when any of its events is.
grain: [session_id]
columns:
  session_id: {type: string, description: 'Id of the visit, from visitor and start.'}
  visitor_key: {type: int64, description: Key of the cookie or login.}
  session_index: {type: int64, description: 'Number of the visit of this visitor, from 1.'}
  customer_id: {type: string, description: 'The person: of the last login during the visit, else of the cookie.'}
  customer_key: {type: int64, description: Join key of customer_id.}
  landing_page_path: {type: string, description: Path of the first view; null without views.}
  exit_page_path: {type: string, description: Path of the last view; null without views.}
  channel_group: {type: string, description: 'Default channel group of Google Analytics 4: of the first event with a campaign, else of the host that led to the first event.'}
  referrer_host: {type: string, description: Host that led to the first event; null if none did.}
  utm_source: {type: string, description: Source of the first event with a campaign; Unassigned if none.}
  utm_medium: {type: string, description: Medium of the first event with a campaign; Unassigned if none.}
  utm_campaign: {type: string, description: Campaign of the first event with a campaign; Unassigned if none.}
  device_category: {type: string, description: Device of the first event that tells it.}
  country_code: {type: string, description: Country of the first event that tells it.}
  event_count: {type: int64, description: Events.}
  view_count: {type: int64, description: Page and screen views.}
  duration_microseconds: {type: int64, description: From first to last event; 0 for one event.}
  engagement_ms: {type: int64, description: Milliseconds in the foreground; null if the vendor does not measure it.}
  is_new_visitor: {type: bool, description: Whether it is the visitor's first visit.}
  is_engaged: {type: bool, description: 'Over 10 seconds in the foreground (else in length), an order, or two views.'}
  is_converted: {type: bool, description: Whether an event of the visit carries an order.}
  is_bot: {type: bool, description: Whether the visitor is a robot.}
  started_date: {type: date, description: Local day of the first event.}
  started_at: {type: timestamp, description: First event.}
  ended_at: {type: timestamp, description: Last event.}
checks:
  - event_count > 0 and duration_microseconds >= 0
*/
with

session_sums as (

    select
        visitor_key,
        session_index,
        last_value(customer_key order by occurred_at, event_sequence, namespace, event_id)
            filter (where is_logged_in) as login_customer_key,
        max(customer_key) filter (where not is_logged_in) as cookie_customer_key,
        first_value(page_path order by occurred_at, event_sequence, namespace, event_id)
            filter (where is_view) as landing_page_path,
        last_value(page_path order by occurred_at, event_sequence, namespace, event_id)
            filter (where is_view) as exit_page_path,
        first_value(referrer_host order by occurred_at, event_sequence, namespace, event_id)
            as referrer_host,
        first_value(utm_source order by occurred_at, event_sequence, namespace, event_id)
            filter (where coalesce(utm_source, utm_medium, utm_campaign) is not null)
            as utm_source,
        first_value(utm_medium order by occurred_at, event_sequence, namespace, event_id)
            filter (where coalesce(utm_source, utm_medium, utm_campaign) is not null)
            as utm_medium,
        first_value(utm_campaign order by occurred_at, event_sequence, namespace, event_id)
            filter (where coalesce(utm_source, utm_medium, utm_campaign) is not null)
            as utm_campaign,
        first_value(device_category order by occurred_at, event_sequence, namespace, event_id)
            filter (where device_category is not null) as device_category,
        first_value(country_code order by occurred_at, event_sequence, namespace, event_id)
            filter (where country_code is not null) as country_code,
        count(*) as event_count,
        count(*) filter (where is_view) as view_count,
        sum(engagement_ms) as engagement_ms,
        bool_or(order_id is not null) as is_converted,
        bool_or(is_bot) as is_bot,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at
    from core.events
    where visitor_key is not null
    group by visitor_key, session_index

),

measured_sessions as (

    select
        *,
        coalesce(login_customer_key, cookie_customer_key) as customer_key,
        microseconds_between(started_at, ended_at) as duration_microseconds
    from session_sums

),

sessions as (

    select
        entity_key(
            cast(measured_sessions.visitor_key as varchar),
            cast(microseconds_between(
                timestamp '1970-01-01T00:00:00Z',
                measured_sessions.started_at
            ) as varchar)
        ) as session_id,
        measured_sessions.visitor_key,
        measured_sessions.session_index,
        people.customer_id,
        measured_sessions.customer_key,
        measured_sessions.landing_page_path,
        measured_sessions.exit_page_path,
        case
            when coalesce(
                measured_sessions.utm_source,
                measured_sessions.utm_medium,
                measured_sessions.utm_campaign
            ) is null and measured_sessions.referrer_host is not null
                then channel_group(measured_sessions.referrer_host, 'referral', null)
            else channel_group(
                measured_sessions.utm_source,
                measured_sessions.utm_medium,
                measured_sessions.utm_campaign
            )
        end as channel_group,
        measured_sessions.referrer_host,
        coalesce(measured_sessions.utm_source, 'Unassigned') as utm_source,
        coalesce(measured_sessions.utm_medium, 'Unassigned') as utm_medium,
        coalesce(measured_sessions.utm_campaign, 'Unassigned') as utm_campaign,
        measured_sessions.device_category,
        measured_sessions.country_code,
        measured_sessions.event_count,
        measured_sessions.view_count,
        measured_sessions.duration_microseconds,
        measured_sessions.engagement_ms,
        measured_sessions.session_index = 1 as is_new_visitor,
        coalesce(
            measured_sessions.engagement_ms > 10000,
            measured_sessions.duration_microseconds > 10000000
        )
            or measured_sessions.is_converted
            or measured_sessions.view_count >= 2 as is_engaged,
        measured_sessions.is_converted,
        measured_sessions.is_bot,
        local_date(measured_sessions.started_at, $timezone) as started_date,
        measured_sessions.started_at,
        measured_sessions.ended_at
    from measured_sessions
    left join core.people
        on measured_sessions.customer_key = people.customer_key

)

select * from sessions
