/*
description: >
  Events of the PostHog export. Who somebody is stands in the export of persons; calls that only tell
  that are left out.
*/
select
    uuid as event_id,
    timestamp as occurred_at,
    case event
        when '$pageview' then 'page_view'
        when '$screen' then 'screen_view'
        else event
    end as event_name,
    distinct_id as anonymous_id,
    session_id as vendor_session_id,
    current_url as page_url,
    page_title,
    referrer as referrer_url,
    utm_source,
    utm_medium,
    utm_campaign,
    utm_term,
    utm_content,
    click_id,
    lower(device_type) as device_category,
    library as platform,
    country_code,
    user_agent,
    ip_address,
    order_id,
    value,
    upper(currency) as currency,
    properties
from source
where event not in ('$identify', '$create_alias', '$merge_dangerously', '$set', '$groupidentify')
