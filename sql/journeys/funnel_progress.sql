/*
description: >
  How far each customer (or visit, by the funnel's unit) came in a declared funnel, per month of
  entry. The chain that went deepest within the window counts.
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

entries as (

    select
        funnel,
        unit_key,
        period_start_date,
        max(customer_key) as customer_key,
        min(occurred_at) as first_entered_at,
        max(occurred_at) as last_entered_at
    from journeys.funnel_entries
    where step_number = 1
    group by funnel, unit_key, period_start_date

),

funnel_progress as (

    select
        entries.funnel,
        entries.unit_key,
        entries.period_start_date,
        entries.customer_key,
        funnel_depths.reached_step_number,
        microseconds_between(entries.last_entered_at, $as_of)
            > funnels.window_seconds * 1000000 as is_complete,
        entries.first_entered_at as entered_at
    from entries
    inner join config.funnels
        on entries.funnel = funnels.funnel
    inner join journeys.funnel_depths
        on entries.funnel = funnel_depths.funnel
        and entries.unit_key = funnel_depths.unit_key
        and entries.period_start_date = funnel_depths.period_start_date

)

select * from funnel_progress
