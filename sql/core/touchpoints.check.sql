-- fail: visits hold every event that has a visitor, once
select sum(event_count) as event_count
from core.sessions
having coalesce(sum(event_count), 0)
    != (select count(*) from core.events where visitor_key is not null);

-- fail: every event and every contact off the web is one touchpoint
select count(*) as touchpoint_count
from core.touchpoints
having count(*)
    != (select count(*) from core.events) + (select count(*) from core.offline_touchpoints);
