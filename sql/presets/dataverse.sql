/*
description: Contacts of Dataverse; telephone numbers keep their digits and the plus sign.
*/
select
    contact_id,
    account_id,
    email,
    nullif(regexp_replace(phone, '[^0-9+]', '', 'g'), '') as phone,
    cast(date_part('year', birth_date) as bigint) as birth_year,
    postal_code,
    case state_code when '0' then 'active' when '1' then 'inactive' end as lifecycle_stage,
    owner_id,
    created_at,
    modified_at as updated_at
from source
