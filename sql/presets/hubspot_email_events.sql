/*
description: >
  E-mails that arrived, and what their readers did. The steps of sending (processed, sent, deferred) are
  left out, since a delivery or a bounce says how they ended; so is what a machine did.
*/
select
    id as activity_id,
    'email' as kind,
    created as occurred_at,
    case when type in ('DELIVERED', 'BOUNCE', 'DROPPED') then 'out' else 'in' end as direction,
    case when recipient is not null then 'email' end as party_type,
    recipient as party_id,
    email_campaign_id as case_id,
    lower(type) as outcome
from source
where type not in ('PROCESSED', 'SENT', 'DEFERRED')
    and not coalesce(filtered_event, false)
