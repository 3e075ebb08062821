/*
description: >
  The cookie beside the order it was seen to place. With the order's e-mail address (see
  shop/identifiers.sql) it tells whose cookie it is, though nobody ever logs in.
*/
select
    $namespace || '.cookie' as left_type,
    user_pseudo_id as left_value,
    $namespace || '.order' as right_type,
    transaction_id as right_value,
    occurred_at as seen_at
from source
where user_pseudo_id is not null
    and transaction_id is not null
