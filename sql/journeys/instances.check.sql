-- fail: every step belongs to one instance
select count(*) as step_count
from journeys.steps
having count(*) != (select coalesce(sum(step_count), 0) from journeys.instances);

-- fail: every instance has one last step
select count(*) as last_step_count
from journeys.steps
where dwell_seconds is null
having count(*) != (select count(*) from journeys.instances);
