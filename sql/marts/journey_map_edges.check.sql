-- fail: the moves out of a stage are all there, so that their shares sum to 1
select journey, period_start_date, from_stage
from marts.journey_map_edges
group by journey, period_start_date, from_stage
having sum(transition_count) != max(from_count);
