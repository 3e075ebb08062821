/*
description: Zendesk tickets that were not deleted; the topic is the first tag.
*/
select
    id as ticket_id,
    $namespace || '.requester' as requester_type,
    requester_id,
    created_at as opened_at,
    to_timestamp_micros(cast(created_at as bigint) + reply_minutes * 60000000)
        as first_replied_at,
    solved_at,
    reopens as reopened_count,
    tags[1] as topic,
    channel,
    assignee_id as agent_id,
    group_id as agent_team,
    status,
    case when satisfaction in ('good', 'bad') then satisfaction end as satisfaction_score,
    updated_at
from source
where status != 'deleted'
