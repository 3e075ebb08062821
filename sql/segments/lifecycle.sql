/*
description: >
  What each customer was in each local month: new with the first activity, returning if active in
  the month before, resurrecting if active again after a pause, dormant in the first month without
  activity once that month is over. Later months without activity have no row. Activity is whatever
  the customer sought with the company itself, so that neither a mention elsewhere nor the bookkeeping
  of a deal is any.
grain: [customer_id, period_start_date]
columns:
  customer_id: {type: string, description: The customer.}
  customer_key: {type: int64, description: Join key of customer_id.}
  period_start_date: {type: date, description: Local month.}
  status: {type: string, description: 'new, returning, resurrecting or dormant.'}
checks:
  - status in ('new', 'returning', 'resurrecting', 'dormant')
*/
with

active_months as (

    select distinct
        customers.customer_id,
        customers.customer_key,
        period_start(touchpoints.occurred_date, 'month') as period_start_date
    from core.customers
    inner join core.touchpoints
        on customers.customer_key = touchpoints.customer_key
    where touchpoints.direction = 'in'
        and touchpoints.actor = 'own'
        and touchpoints.kind != 'deal'
        and not touchpoints.is_bot

),

neighbours as (

    select
        *,
        lag(period_start_date) over in_order as previous_date,
        lead(period_start_date) over in_order as next_date,
        cast(period_start_date + interval '1 month' as date) as month_after_date
    from active_months
    window in_order as (partition by customer_key order by period_start_date)

),

lifecycle as (

    select
        customer_id,
        customer_key,
        period_start_date,
        case
            when previous_date is null then 'new'
            when previous_date + interval '1 month' = period_start_date then 'returning'
            else 'resurrecting'
        end as status
    from neighbours
    union all
    select
        customer_id,
        customer_key,
        month_after_date as period_start_date,
        'dormant' as status
    from neighbours
    where (next_date > month_after_date or next_date is null)
        and month_after_date + interval '1 month' <= $as_of_date + 1

)

select * from lifecycle
