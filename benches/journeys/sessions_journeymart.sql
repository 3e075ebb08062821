select
    visitor_id,
    visit['session_number'] as session_number,
    visit['started_at'] as started_at,
    visit['ended_at'] as ended_at,
    visit['event_count'] as event_count
from (
    select visitor_id, unnest(sessions(interval '30 minutes', occurred_at)) as visit
    from marts.events
    group by visitor_id
)
