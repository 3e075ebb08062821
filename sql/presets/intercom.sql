/*
description: >
  Conversations that somebody outside began or took part in; the topic is the first tag. A closing that
  a new opening undid is none.
*/
select
    id as ticket_id,
    $namespace || '.intercom' as requester_type,
    coalesce(
        contacts[1]['id'],
        case when author_type not in ('admin', 'bot') then author_id end
    ) as requester_id,
    created_at as opened_at,
    first_replied_at,
    case when state = 'closed' then closed_at end as solved_at,
    reopen_count as reopened_count,
    tags[1]['name'] as topic,
    channel,
    admin_assignee_id as agent_id,
    team_assignee_id as agent_team,
    state as status,
    case when rating >= 4 then 'good' when rating <= 2 then 'bad' end as satisfaction_score,
    updated_at
from source
where coalesce(
    contacts[1]['id'],
    case when author_type not in ('admin', 'bot') then author_id end
) is not null
