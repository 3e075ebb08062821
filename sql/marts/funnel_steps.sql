/*
description: >
  How many who entered a funnel in a month reached each of its steps within the window, for everybody
  and for each segment that the person was in on the day of the entry. Rates are null where fewer than
  min_cell entered.
grain: [funnel, segment, period_start_date, step_number]
requires: [config.funnels]
columns:
  funnel: {type: string, description: The declared funnel.}
  segment: {type: string, description: 'all, or the segment of the person on the day of the entry.'}
  period_start_date: {type: date, description: Local month in which step 1 was taken.}
  step_number: {type: int64, description: 'Place of the step, from 1.'}
  step: {type: string, description: Name of the step.}
  entrant_count: {type: int64, description: Customers or visits that took step 1.}
  reached_count: {type: int64, description: Those of them who reached this step.}
  drop_off_count: {type: int64, description: Those who reached the step before and not this one; 0 for step 1.}
  step_rate:
    type: float64
    description: reached_count over that of the step before; 1 for step 1.
    definition: reached_count / reached_count of the step before
    authority: 'PostHog, funnels'
  drop_off_rate: {type: float64, description: 1 less step_rate.}
  overall_rate:
    type: float64
    description: reached_count over entrant_count.
    definition: reached_count / entrant_count
    authority: 'ClickHouse, windowFunnel; PostHog, funnels'
    edge_cases:
      - 'A step at exactly the end of the window counts, a microsecond later does not.'
      - 'The month is that of step 1; entrants whose window is still open make it incomplete.'
  overall_wilson_low: {type: float64, description: Lower bound of the 95 % Wilson interval of overall_rate., authority: Wilson 1927}
  overall_wilson_high: {type: float64, description: Upper bound of the 95 % Wilson interval of overall_rate., authority: Wilson 1927}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days, and every entrant had the whole window.'}
  is_suppressed: {type: bool, description: Whether the rates are withheld because of min_cell.}
checks:
  - reached_count <= entrant_count
  - drop_off_count >= 0
*/
with

progress as (

    select
        funnel,
        'all' as segment,
        period_start_date,
        reached_step_number,
        is_complete
    from journeys.funnel_progress
    union all
    select
        funnel_progress.funnel,
        members.segment,
        funnel_progress.period_start_date,
        funnel_progress.reached_step_number,
        funnel_progress.is_complete
    from journeys.funnel_progress
    inner join segments.members
        on funnel_progress.customer_key = members.customer_key
        and local_date(funnel_progress.entered_at, $timezone) >= members.valid_from_date
        and (
            local_date(funnel_progress.entered_at, $timezone) < members.valid_to_date
            or members.valid_to_date is null
        )

),

depths as (

    select
        funnel,
        segment,
        period_start_date,
        reached_step_number,
        count(*) as unit_count,
        bool_and(is_complete) as is_complete
    from progress
    group by funnel, segment, period_start_date, reached_step_number

),

entrants as (

    select
        funnel,
        segment,
        period_start_date,
        sum(unit_count) as entrant_count,
        bool_and(is_complete) as is_complete
    from depths
    group by funnel, segment, period_start_date

),

reached as (

    select
        entrants.funnel,
        entrants.segment,
        entrants.period_start_date,
        funnel_steps.step_number,
        funnel_steps.step,
        entrants.entrant_count,
        entrants.is_complete,
        coalesce(sum(depths.unit_count), 0) as reached_count
    from entrants
    inner join config.funnel_steps
        on entrants.funnel = funnel_steps.funnel
    left join depths
        on entrants.funnel = depths.funnel
        and entrants.segment = depths.segment
        and entrants.period_start_date = depths.period_start_date
        and funnel_steps.step_number <= depths.reached_step_number
    group by
        entrants.funnel,
        entrants.segment,
        entrants.period_start_date,
        funnel_steps.step_number,
        funnel_steps.step,
        entrants.entrant_count,
        entrants.is_complete

),

compared as (

    select
        reached.*,
        coalesce(
            lag(reached_count) over (
                partition by funnel, segment, period_start_date
                order by step_number
            ),
            reached_count
        ) as reached_before_count,
        late_days,
        entrant_count < min_cell as is_suppressed
    from reached
    cross join (select late_days, min_cell from config.settings)

),

funnel_steps as (

    select
        funnel,
        segment,
        period_start_date,
        step_number,
        step,
        entrant_count,
        reached_count,
        reached_before_count - reached_count as drop_off_count,
        case when not is_suppressed then rate(reached_count, reached_before_count) end
            as step_rate,
        case
            when not is_suppressed
                then rate(reached_before_count - reached_count, reached_before_count)
        end as drop_off_rate,
        case when not is_suppressed then rate(reached_count, entrant_count) end as overall_rate,
        case when not is_suppressed then wilson_low(reached_count, entrant_count) end
            as overall_wilson_low,
        case when not is_suppressed then wilson_high(reached_count, entrant_count) end
            as overall_wilson_high,
        is_complete
            and period_start_date + interval '1 month' <= $as_of_date + 1 - late_days
            as is_complete,
        is_suppressed
    from compared

)

select * from funnel_steps
