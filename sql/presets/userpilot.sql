/*
description: >
  Events of the Userpilot export. Identifications tell who somebody is and session starts are made
  again from the events, so both are left out.
*/
select
    internal_event_id as event_id,
    inserted_at as occurred_at,
    coalesce(nullif(event_name, ''), event_type) as event_name,
    user_id,
    'https://' || hostname || coalesce(pathname, '/') as page_url,
    lower(device_type) as device_category,
    case when source = 'web-client' then 'web' else source end as platform,
    upper(country_code) as country_code,
    metadata as properties
from source
where event_type not in ('identify_user', 'identify_company', 'session_start')
