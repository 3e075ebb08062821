-- fail: the ways through a journey together are all its instances, so that their shares sum to 1
select journey, period_start_date
from marts.variants
group by journey, period_start_date
having sum(instance_count) != max(journey_instance_count);

-- fail: the last way of a month completes the cumulative share
select journey, period_start_date
from marts.variants
group by journey, period_start_date
having max(cumulative_share) != 1;
