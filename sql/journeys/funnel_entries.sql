/*
description: >
  The touchpoints that can belong to a chain through a funnel that starts in a month: the first
  steps of that month, and what comes after the first of them and within the window of the last.
columns:
  funnel: {type: string, description: The declared funnel.}
  unit_key: {type: int64, description: 'Join key of the customer or the visit, by the funnel''s unit.'}
  period_start_date: {type: date, description: Local month in which step 1 was taken.}
  customer_key: {type: int64, description: The person; null if a visit is nobody's.}
  step_number: {type: int64, description: 'Step that the touchpoint takes, from 1; 0 for none.'}
  occurred_at: {type: timestamp, description: When it happened.}
*/
with

matches as (

    select
        funnel_matches.funnel,
        case funnels.unit
            when 'session' then short_key(funnel_matches.session_id)
            else funnel_matches.customer_key
        end as unit_key,
        funnel_matches.customer_key,
        funnel_matches.step_number,
        funnels.window_seconds * 1000000 as window_microseconds,
        period_start(funnel_matches.occurred_at, 'month', $timezone) as period_start_date,
        funnel_matches.occurred_at
    from journeys.funnel_matches
    inner join config.funnels
        on funnel_matches.funnel = funnels.funnel

),

entries as (

    select
        funnel,
        unit_key,
        window_microseconds,
        period_start_date,
        min(occurred_at) as first_entered_at,
        max(occurred_at) as last_entered_at
    from matches
    where step_number = 1
        and unit_key is not null
    group by funnel, unit_key, window_microseconds, period_start_date

),

funnel_entries as (

    select
        entries.funnel,
        entries.unit_key,
        entries.period_start_date,
        matches.customer_key,
        matches.step_number,
        matches.occurred_at
    from entries
    inner join matches
        on entries.funnel = matches.funnel
        and entries.unit_key = matches.unit_key
        and entries.first_entered_at <= matches.occurred_at
    where microseconds_between(entries.last_entered_at, matches.occurred_at)
            <= entries.window_microseconds
        and (
            matches.step_number != 1
            or entries.period_start_date = matches.period_start_date
        )

)

select * from funnel_entries
