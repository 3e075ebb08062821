/*
description: >
  Events of the Mixpanel export. Its identity is event, time, person and insert id together, as the
  vendor takes it; a distinct id of a device is an anonymous one.
*/
with

named_events as (

    select
        *,
        case
            when device_id is not null then device_id
            when starts_with(distinct_id, '$device:') then substr(distinct_id, 9)
            when user_id is null or user_id != distinct_id then distinct_id
        end as anonymous_id
    from source

),

events as (

    select
        entity_key(
            event,
            coalesce(distinct_id, ''),
            cast(cast(time as bigint) as varchar),
            coalesce(insert_id, '')
        ) as event_id,
        time as occurred_at,
        case
            when event = '$mp_web_page_view' then 'page_view'
            else event
        end as event_name,
        anonymous_id,
        user_id,
        current_url as page_url,
        page_title,
        referrer as referrer_url,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_term,
        utm_content,
        library as platform,
        country_code,
        order_id,
        value,
        upper(currency) as currency,
        properties
    from named_events

)

select * from events
