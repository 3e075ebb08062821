/*
description: Leads of the Salesforce export as contacts; ids of leads and contacts never meet.
*/
select
    coalesce(salesforce_id18(id), id) as contact_id,
    email,
    nullif(regexp_replace(phone, '[^0-9+]', '', 'g'), '') as phone,
    postal_code,
    case when length(country_code) = 2 then upper(country_code) end as country_code,
    case when converted_contact_id is null then coalesce(status, 'lead') else 'converted' end
        as lifecycle_stage,
    coalesce(salesforce_id18(owner_id), owner_id) as owner_id,
    created_at,
    system_modstamp as updated_at,
    is_deleted
from source
