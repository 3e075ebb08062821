/*
description: Calls of the sales team.
*/
select
    hs_object_id as activity_id,
    'call' as kind,
    hs_timestamp as occurred_at,
    hs_call_duration as duration_ms,
    case hs_call_direction when 'INBOUND' then 'in' else 'out' end as direction,
    $namespace || '.contact' as party_type,
    nullif(trim(split_part(associatedcontactids, ';', 1)), '') as party_id,
    hubspot_owner_id as agent_id,
    'sales' as agent_team,
    lower(hs_call_disposition) as outcome
from source
