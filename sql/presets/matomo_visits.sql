/*
description: >
  Actions of the Matomo visits: page views, events, searches, downloads, outgoing links, goals and orders.
  An action has no id of its own; it is its visit, time, kind, page and order. Where a visit came from
  stands with each of its actions.
*/
with

visit_actions as (

    select
        *,
        unnest(actions) as action
    from source

),

actions as (

    select
        entity_key(
            visit_id,
            cast(action['timestamp'] as varchar),
            coalesce(action['type'], ''),
            coalesce(action['pageId'], action['pageIdAction'], action['url'], ''),
            coalesce(action['eventAction'], action['goalName'], action['orderId'], '')
        ) as event_id,
        to_timestamp_micros(action['timestamp'] * 1000000) as occurred_at,
        case action['type']
            when 'action' then 'page_view'
            when 'event' then coalesce(action['eventAction'], 'event')
            when 'search' then 'site_search'
            when 'ecommerceOrder' then 'purchase'
            when 'ecommerceAbandonedCart' then 'abandoned_cart'
            when 'goal' then coalesce(action['goalName'], 'goal')
            else coalesce(action['type'], 'action')
        end as event_name,
        visitor_id as anonymous_id,
        user_id,
        visit_id as vendor_session_id,
        action['url'] as page_url,
        action['pageTitle'] as page_title,
        referrer_url,
        campaign_source as utm_source,
        campaign_medium as utm_medium,
        campaign_name as utm_campaign,
        lower(device_type) as device_category,
        'web' as platform,
        upper(country_code) as country_code,
        ip_address,
        action['siteSearchKeyword'] as search_term,
        action['orderId'] as order_id,
        cast(action['revenue'] as decimal(18, 4)) as value
    from visit_actions

),

events as (

    select distinct * from actions

)

select * from events
