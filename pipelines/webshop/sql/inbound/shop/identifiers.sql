/*
description: The order beside the e-mail address that was typed for it.
*/
select
    $namespace || '.order' as left_type,
    name as left_value,
    'email' as right_type,
    email as right_value,
    created_at as seen_at
from source
where email is not null
