/*
description: Decisions of visitors, by the e-mail address they gave.
*/
select
    'email' as party_type,
    email as party_id,
    purpose,
    granted as is_granted,
    decided_at
from source
