/*
description: Reviews on Trustpilot.
*/
select
    id as mention_id,
    created_at as published_at,
    'trustpilot' as network,
    consumer_name as author_handle,
    stars as rating,
    coalesce(title || chr(10), '') || coalesce(text, '') as text,
    false as is_controlled
from source
