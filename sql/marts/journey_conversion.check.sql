-- fail: every instance is counted once
select count(*) as instance_count
from journeys.instances
having count(*) != (select coalesce(sum(instance_count), 0) from marts.journey_conversion);
