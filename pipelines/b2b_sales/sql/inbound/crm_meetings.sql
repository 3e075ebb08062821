/*
description: Meetings of the sales team that took place.
*/
select
    hs_object_id as activity_id,
    'meeting' as kind,
    hs_meeting_start_time as occurred_at,
    cast(rate(microseconds_between(hs_meeting_start_time, hs_meeting_end_time), 1000) as bigint)
        as duration_ms,
    'out' as direction,
    $namespace || '.contact' as party_type,
    nullif(trim(split_part(associatedcontactids, ';', 1)), '') as party_id,
    hubspot_owner_id as agent_id,
    'sales' as agent_team,
    lower(hs_meeting_outcome) as outcome
from source
where hs_meeting_outcome = 'COMPLETED'
