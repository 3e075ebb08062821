/*
description: >
  How far each customer (or visit, by the funnel's unit) came in a declared funnel, per month of
  entry. The chain that went deepest within the window counts; one touchpoint may take several
  steps, and other touchpoints may come between.
grain: [funnel, unit_key, period_start_date]
columns:
  funnel: {type: string, description: The declared funnel.}
  unit_key: {type: int64, description: Join key of the customer or the visit.}
  period_start_date: {type: date, description: Local month of the first step.}
  customer_key: {type: int64, description: The person; null if a visit is nobody's.}
  reached_step_number: {type: int64, description: 'Deepest step reached, from 1.'}
  is_complete: {type: bool, description: Whether the window of the last entry was over by $as_of.}
  entered_at: {type: timestamp, description: First time step 1 was taken in the month.}
checks:
  - reached_step_number >= 1
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
        funnels.window_seconds,
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
        window_seconds,
        period_start_date,
        max(customer_key) as customer_key,
        min(occurred_at) as first_entered_at,
        max(occurred_at) as last_entered_at
    from matches
    where step_number = 1
        and unit_key is not null
    group by funnel, unit_key, window_seconds, period_start_date

),

-- Of each entry what can belong to a chain that starts in its month.
entry_matches as (

    select
        entries.funnel,
        entries.unit_key,
        entries.window_seconds,
        entries.period_start_date,
        matches.step_number,
        matches.occurred_at
    from entries
    inner join matches
        on entries.funnel = matches.funnel
        and entries.unit_key = matches.unit_key
        and entries.first_entered_at <= matches.occurred_at
    where microseconds_between(entries.last_entered_at, matches.occurred_at)
            <= entries.window_seconds * 1000000
        and (
            matches.step_number > 1
            or entries.period_start_date = matches.period_start_date
        )

),

depths as (

    select
        funnel,
        unit_key,
        period_start_date,
        window_funnel(
            window_seconds, occurred_at,
            step_number = 1, step_number = 2, step_number = 3, step_number = 4,
            step_number = 5, step_number = 6, step_number = 7, step_number = 8,
            step_number = 9, step_number = 10, step_number = 11, step_number = 12,
            step_number = 13, step_number = 14, step_number = 15, step_number = 16,
            step_number = 17, step_number = 18, step_number = 19, step_number = 20,
            step_number = 21, step_number = 22, step_number = 23, step_number = 24,
            step_number = 25, step_number = 26, step_number = 27, step_number = 28,
            step_number = 29, step_number = 30, step_number = 31, step_number = 32
        ) as reached_step_number
    from entry_matches
    group by funnel, unit_key, period_start_date

),

funnel_progress as (

    select
        entries.funnel,
        entries.unit_key,
        entries.period_start_date,
        entries.customer_key,
        cast(depths.reached_step_number as bigint) as reached_step_number,
        microseconds_between(entries.last_entered_at, $as_of)
            > entries.window_seconds * 1000000 as is_complete,
        entries.first_entered_at as entered_at
    from entries
    inner join depths
        on entries.funnel = depths.funnel
        and entries.unit_key = depths.unit_key
        and entries.period_start_date = depths.period_start_date

)

select * from funnel_progress
