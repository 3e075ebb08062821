/*
description: >
  Subscriptions of Chargebee with the first of their items and their current term; amounts are in
  cents. Those that have not begun, were moved to another site or deleted are left out.
*/
with

subscriptions_with_items as (

    select
        *,
        items[1] as item
    from source
    where status not in ('future', 'transferred')
        and not coalesce(deleted, false)

),

subscriptions as (

    select
        id as subscription_id,
        $namespace || '.customer' as buyer_type,
        customer_id as buyer_id,
        item['item_price_id'] as plan_id,
        case status
            when 'in_trial' then 'trialing'
            when 'non_renewing' then 'active'
            else status
        end as status,
        coalesce(started_at, created_at) as started_at,
        local_date(current_term_start, $timezone) as term_start_date,
        local_date(current_term_end, $timezone) as term_end_date,
        billing_period_unit as interval,
        billing_period as interval_count,
        item['quantity'] as quantity,
        cast(item['unit_price'] as decimal(18, 4)) / 100 as amount,
        upper(currency) as currency,
        status not in ('non_renewing', 'cancelled') as auto_renew,
        trial_start as trial_start_at,
        trial_end as trial_end_at,
        coalesce(
            cancel_schedule_created_at,
            case when status = 'cancelled' then cancelled_at end
        ) as cancel_requested_at,
        cancelled_at as cancel_effective_at,
        case when status = 'cancelled' then cancelled_at end as ended_at,
        pause_date as pause_start_at,
        resume_date as pause_end_at
    from subscriptions_with_items

)

select * from subscriptions
