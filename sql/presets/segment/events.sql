/*
description: >
  Tracked events, page views and screen views; identify, group and alias calls tell who somebody is, not
  what happened.
*/
select
    message_id as event_id,
    occurred_at,
    received_at,
    case type
        when 'page' then 'page_view'
        when 'screen' then 'screen_view'
        else coalesce(event, type)
    end as event_name,
    anonymous_id,
    user_id,
    page_url,
    coalesce(page_title, name) as page_title,
    referrer_url,
    utm_source,
    utm_medium,
    utm_campaign,
    utm_term,
    utm_content,
    coalesce(device_type, 'web') as platform,
    user_agent,
    ip_address,
    search_term,
    order_id,
    value,
    upper(currency) as currency,
    properties
from source
where type in ('track', 'page', 'screen')
