/*
description: Contacts of the HubSpot export; telephone numbers keep their digits and the plus sign.
*/
select
    hs_object_id as contact_id,
    associatedcompanyid as account_id,
    email,
    nullif(regexp_replace(phone, '[^0-9+]', '', 'g'), '') as phone,
    cast(date_part('year', date_of_birth) as bigint) as birth_year,
    zip as postal_code,
    upper(hs_country_region_code) as country_code,
    lower(split_part(hs_language, '-', 1)) as language,
    lifecyclestage as lifecycle_stage,
    hubspot_owner_id as owner_id,
    createdate as created_at,
    lastmodifieddate as updated_at,
    is_deleted
from source
