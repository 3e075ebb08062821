/*
description: Who a contact is on LinkedIn and in the billing system, as the sales team notes it.
*/
select
    $namespace || '.contact' as left_type,
    hs_object_id as left_value,
    $namespace || '.handle' as right_type,
    linkedin_handle as right_value,
    createdate as seen_at
from source
where linkedin_handle is not null
union all
select
    $namespace || '.contact' as left_type,
    hs_object_id as left_value,
    $namespace || '.customer' as right_type,
    billing_customer as right_value,
    createdate as seen_at
from source
where billing_customer is not null
