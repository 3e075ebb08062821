/*
description: >
  Events of the flat GA4 export. The value is the one that the site sent with its currency, else
  Google's in US dollars, where nought means none.
*/
select
    fivetran_id as event_id,
    occurred_at,
    event_name,
    user_pseudo_id as anonymous_id,
    user_id,
    ga_session_id as vendor_session_id,
    coalesce(batch_ordering_id, 0) * 1000 + coalesce(batch_event_index, 0) as event_sequence,
    page_location as page_url,
    page_title,
    page_referrer as referrer_url,
    utm_source,
    utm_medium,
    utm_campaign,
    click_id,
    device_category,
    lower(platform) as platform,
    engagement_time_msec as engagement_ms,
    search_term,
    transaction_id as order_id,
    coalesce(value, nullif(value_in_usd, 0)) as value,
    case
        when value is not null then upper(currency)
        when value_in_usd != 0 then 'USD'
    end as currency
from source
