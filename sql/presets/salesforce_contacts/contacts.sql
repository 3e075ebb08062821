/*
description: Contacts of the Salesforce export; telephone numbers keep their digits and the plus sign.
*/
select
    coalesce(salesforce_id18(id), id) as contact_id,
    coalesce(salesforce_id18(account_id), account_id) as account_id,
    email,
    nullif(regexp_replace(phone, '[^0-9+]', '', 'g'), '') as phone,
    cast(date_part('year', birth_date) as bigint) as birth_year,
    postal_code,
    case when length(country_code) = 2 then upper(country_code) end as country_code,
    coalesce(salesforce_id18(owner_id), owner_id) as owner_id,
    created_at,
    system_modstamp as updated_at,
    is_deleted
from source
