/*
description: Whom to forget, by cookie.
*/
select
    $namespace || '.cookie' as party_type,
    cookie as party_id,
    asked_at as requested_at
from source
