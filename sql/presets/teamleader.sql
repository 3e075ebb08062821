/*
description: Contacts of Teamleader; telephone numbers keep their digits and the plus sign.
*/
select
    id as contact_id,
    email,
    nullif(regexp_replace(phone, '[^0-9+]', '', 'g'), '') as phone,
    postal_code,
    upper(country_code) as country_code,
    lower(language) as language,
    status as lifecycle_stage,
    added_at as created_at,
    updated_at
from source
