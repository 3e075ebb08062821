/*
description: >
  Hits of the Adobe Analytics data feed that count, as the vendor counts them: not excluded, not from
  data sources. Tracking codes stand as campaign names.
*/
select
    hitid_high || '-' || hitid_low as event_id,
    hit_time as occurred_at,
    case
        when purchase_id is not null then 'purchase'
        when page_event = 0 then 'page_view'
        when page_event = 11 then 'download'
        when page_event = 12 then 'exit_link'
        when page_event = 10 then coalesce(link_name, 'link')
        else 'media'
    end as event_name,
    post_visid_high || '-' || post_visid_low as anonymous_id,
    cust_visid as user_id,
    post_visid_high || '-' || post_visid_low || '-' || visit_num || '-' || visit_start_time_gmt
        as vendor_session_id,
    visit_page_num as event_sequence,
    page_url,
    pagename as page_title,
    referrer as referrer_url,
    campaign as utm_campaign,
    'web' as platform,
    user_agent,
    ip_address,
    purchase_id as order_id,
    currency
from source
where coalesce(exclude_hit, 0) = 0
    and coalesce(hit_source, 1) not in (5, 7, 8, 9)
