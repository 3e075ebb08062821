/*
description: >
  Requests of an access log, without those for parts of pages (styles, scripts, pictures, fonts). What
  came back well to a GET is a page view. A line has no id; it is all its fields, and its number among
  lines that are equal. The address has no host, since the log does not tell it.
*/
with

requests as (

    select
        *,
        row_number() over (
            partition by
                ip_address,
                user_name,
                requested_at,
                method,
                target,
                status,
                byte_count,
                referrer,
                user_agent
            order by requested_at
        ) as copy_number
    from source
    where not regexp_like(
        lower(split_part(target, '?', 1)),
        '[.](css|js|mjs|map|json|xml|txt|ico|png|jpe?g|gif|webp|avif|svg|woff2?|ttf|mp4|webm)$'
    )

),

events as (

    select
        entity_key(
            ip_address,
            coalesce(user_name, ''),
            cast(cast(requested_at as bigint) as varchar),
            method,
            target,
            cast(status as varchar),
            coalesce(cast(byte_count as varchar), ''),
            coalesce(referrer, ''),
            coalesce(user_agent, ''),
            cast(copy_number as varchar)
        ) as event_id,
        requested_at as occurred_at,
        case when method = 'GET' and status < 400 then 'page_view' else 'request' end as event_name,
        entity_key(ip_address, coalesce(user_agent, '')) as anonymous_id,
        user_name as user_id,
        target as page_url,
        referrer as referrer_url,
        'web' as platform,
        user_agent,
        ip_address,
        case when status < 400 then 'ok' else 'error' end as outcome
    from requests

)

select * from events
