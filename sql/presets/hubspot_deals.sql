/*
description: >
  Deals of the HubSpot export that were not deleted, with the first of their contacts and companies. A
  deal whose export leaves the stage out is in the stage `unknown`.
*/
select
    hs_object_id as deal_id,
    nullif(trim(split_part(associatedcontactids, ';', 1)), '') as contact_id,
    nullif(trim(split_part(associatedcompanyid, ';', 1)), '') as account_id,
    pipeline,
    coalesce(dealstage, 'unknown') as stage,
    amount,
    deal_currency_code as currency,
    createdate as created_at,
    case when hs_is_closed then closedate end as closed_at,
    case when hs_is_closed then hs_is_closed_won end as is_won,
    hubspot_owner_id as owner_id,
    hs_lastmodifieddate as updated_at
from source
where not coalesce(is_deleted, false)
