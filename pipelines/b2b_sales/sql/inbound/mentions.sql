/*
description: What people say of the company in public.
*/
select
    id as mention_id,
    published_at,
    network,
    handle as author_handle,
    sentiment as sentiment_score,
    text,
    false as is_controlled
from source
