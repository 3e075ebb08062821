/*
description: Companies of the HubSpot export.
*/
select
    hs_object_id as account_id,
    name,
    industry,
    numberofemployees as employee_count,
    upper(hs_country_code) as country_code,
    createdate as created_at,
    hs_lastmodifieddate as updated_at,
    is_deleted
from source
