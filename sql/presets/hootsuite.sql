/*
description: Posts of the company itself, as Hootsuite published them.
*/
select
    post_id as mention_id,
    published_at,
    lower(network) as network,
    profile as author_handle,
    message as text,
    true as is_controlled
from source
