-- fail: the moves out of a touchpoint are all there, so that their shares sum to 1
select journey, period_start_date, from_touchpoint
from marts.transitions
group by journey, period_start_date, from_touchpoint
having sum(transition_count) != max(from_count);

-- fail: the moves into a touchpoint are all there, so that their shares sum to 1
select journey, period_start_date, to_touchpoint
from marts.transitions
group by journey, period_start_date, to_touchpoint
having sum(transition_count) != max(to_count);

-- fail: every move of a journey is counted once
select count(*) as move_count
from journeys.moves
having count(*) != (select coalesce(sum(transition_count), 0) from marts.transitions);
