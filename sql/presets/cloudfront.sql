/*
description: >
  Requests that CloudFront answered, without those for parts of pages (styles, scripts, pictures, fonts).
  What came back well to a GET is a page view. The visitor is a guess: address and user agent.
*/
with

requests as (

    select
        *,
        replace(replace(user_agent, '%2520', ' '), '%20', ' ') as readable_user_agent,
        arrow_cast(
            cast(request_date as varchar) || 'T' || request_time || 'Z',
            'Timestamp(Microsecond, Some("UTC"))'
        ) as requested_at
    from source
    where not regexp_like(
        lower(path),
        '[.](css|js|mjs|map|json|xml|txt|ico|png|jpe?g|gif|webp|avif|svg|woff2?|ttf|mp4|webm)$'
    )

),

events as (

    select
        request_id as event_id,
        requested_at as occurred_at,
        case when method = 'GET' and status < 400 then 'page_view' else 'request' end as event_name,
        entity_key(ip_address, coalesce(readable_user_agent, '')) as anonymous_id,
        coalesce(protocol, 'https') || '://' || host || path || coalesce('?' || query, '')
            as page_url,
        referrer as referrer_url,
        'web' as platform,
        readable_user_agent as user_agent,
        ip_address,
        case when status < 400 then 'ok' else 'error' end as outcome,
        cast(seconds_taken * 1000 as bigint) as duration_ms
    from requests

)

select * from events
