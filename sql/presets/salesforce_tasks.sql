/*
description: >
  Tasks of the Salesforce export that are done: logged calls, e-mails and other work. Internal calls are
  no contact.
*/
select
    coalesce(salesforce_id18(id), id) as activity_id,
    lower(coalesce(task_subtype, 'task')) as kind,
    coalesce(completed_at, created_at) as occurred_at,
    call_seconds * 1000 as duration_ms,
    case call_type when 'Inbound' then 'in' when 'Outbound' then 'out' end as direction,
    case when who_id is not null then $namespace || '.contact' end as party_type,
    coalesce(salesforce_id18(who_id), who_id) as party_id,
    coalesce(salesforce_id18(owner_id), owner_id) as agent_id,
    coalesce(salesforce_id18(what_id), what_id) as case_id,
    call_disposition as outcome
from source
where not coalesce(is_deleted, false)
    and (coalesce(is_closed, false) or completed_at is not null or status = 'Completed')
    and coalesce(call_type, '') != 'Internal'
