/*
description: Contacts of ActiveCampaign; telephone numbers keep their digits and the plus sign.
*/
select
    id as contact_id,
    orgid as account_id,
    email,
    nullif(regexp_replace(phone, '[^0-9+]', '', 'g'), '') as phone,
    cdate as created_at,
    udate as updated_at,
    deleted as is_deleted
from source
