/*
description: >
  Tickets of the HubSpot export that were not deleted, with the first of their contacts. A ticket that
  was closed before it was opened, as imported ones may be, has no known end.
*/
select
    hs_object_id as ticket_id,
    case when associatedcontactids is not null then $namespace || '.contact' end as requester_type,
    nullif(trim(split_part(associatedcontactids, ';', 1)), '') as requester_id,
    createdate as opened_at,
    first_agent_reply_date as first_replied_at,
    case when closed_date >= createdate then closed_date end as solved_at,
    hs_ticket_category as topic,
    lower(source_type) as channel,
    hubspot_owner_id as agent_id,
    hubspot_team_id as agent_team,
    hs_pipeline_stage as status,
    hs_lastmodifieddate as updated_at
from source
where not coalesce(is_deleted, false)
