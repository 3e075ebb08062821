/*
description: >
  Events of the Amplitude export. Views that its browser library records are called page_view, as
  everywhere; its other automatic events keep their names.
*/
select
    uuid as event_id,
    event_time as occurred_at,
    server_upload_time as received_at,
    case
        when event_type in ('[Amplitude] Page Viewed', 'page_view') then 'page_view'
        when event_type in ('[Amplitude] Screen Viewed', 'screen_view') then 'screen_view'
        else event_type
    end as event_name,
    device_id as anonymous_id,
    user_id,
    session_id as vendor_session_id,
    event_id as event_sequence,
    page_url,
    page_title,
    referrer as referrer_url,
    utm_source,
    utm_medium,
    utm_campaign,
    lower(platform) as platform,
    user_agent,
    ip_address,
    order_id,
    revenue as value,
    upper(currency) as currency,
    event_properties as properties
from source
where event_type not in ('$identify', '$groupidentify', 'session_start', 'session_end')
