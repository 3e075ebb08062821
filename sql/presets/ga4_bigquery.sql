/*
description: >
  Events of the GA4 BigQuery export. The export has no event id: it is the hash of stream, visitor,
  time, name, the batch ordering fields and the sorted parameters. Rows with equal ids are one event
  that was exported more than once.
*/
with

ordered_parameters as (

    select
        *,
        coalesce(array_to_string(array_sort(event_params), ','), '') as parameters
    from source

),

identified_events as (

    select
        *,
        entity_key(
            coalesce(stream_id, ''),
            coalesce(user_pseudo_id, ''),
            cast(event_timestamp as varchar),
            event_name,
            coalesce(cast(batch_page_id as varchar), ''),
            coalesce(cast(batch_ordering_id as varchar), ''),
            coalesce(cast(batch_event_index as varchar), ''),
            parameters
        ) as event_id
    from ordered_parameters

),

numbered_copies as (

    select
        *,
        row_number() over (
            partition by event_id
            order by user_id, device_category, utm_source, utm_medium, utm_campaign, click_id
        ) as copy_number
    from identified_events

),

events as (

    select
        event_id,
        event_timestamp as occurred_at,
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
        utm_term,
        utm_content,
        click_id,
        device_category,
        lower(platform) as platform,
        user_agent,
        engagement_time_msec as engagement_ms,
        search_term,
        transaction_id as order_id,
        value,
        currency,
        '[' || parameters || ']' as properties
    from numbered_copies
    where copy_number = 1

)

select * from events
