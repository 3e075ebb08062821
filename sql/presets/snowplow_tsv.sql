/*
description: >
  Snowplow's enriched events but page pings, which only say that a page is still open. A structured
  event is called by its action.
*/
select
    event_id,
    coalesce(derived_tstamp, collector_tstamp) as occurred_at,
    collector_tstamp as received_at,
    coalesce(
        case when event = 'struct' then se_action end,
        event_name,
        event,
        'unknown'
    ) as event_name,
    coalesce(domain_userid, network_userid) as anonymous_id,
    user_id,
    domain_sessionid as vendor_session_id,
    page_url,
    page_title,
    page_referrer as referrer_url,
    mkt_source as utm_source,
    mkt_medium as utm_medium,
    mkt_campaign as utm_campaign,
    mkt_term as utm_term,
    mkt_content as utm_content,
    mkt_clickid as click_id,
    lower(dvce_type) as device_category,
    platform,
    geo_country as country_code,
    useragent as user_agent,
    user_ipaddress as ip_address,
    tr_orderid as order_id,
    coalesce(tr_total, se_value) as value,
    tr_currency as currency,
    coalesce(unstruct_event, contexts) as properties
from source
where coalesce(event, '') != 'page_ping'
