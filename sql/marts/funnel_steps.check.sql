-- fail: nobody reaches a step without the one before it
select later.funnel, later.segment, later.period_start_date, later.step_number
from marts.funnel_steps as later
inner join marts.funnel_steps as earlier
    on later.funnel = earlier.funnel
    and later.segment = earlier.segment
    and later.period_start_date = earlier.period_start_date
    and later.step_number = earlier.step_number + 1
where later.reached_count > earlier.reached_count;

-- fail: everybody who entered reached the first step
select funnel, segment, period_start_date
from marts.funnel_steps
where step_number = 1
    and reached_count != entrant_count;
