/*
description: >
  Live Stripe subscriptions with their first item. A subscription that never got past its first
  payment (incomplete) is left out.
*/
with

live_subscriptions as (

    select
        *,
        items[1] as item
    from source
    where coalesce(livemode, true)
        and status not in ('incomplete', 'incomplete_expired')

),

subscriptions as (

    select
        id as subscription_id,
        $namespace || '.customer' as buyer_type,
        customer as buyer_id,
        item['price']['id'] as plan_id,
        case
            when status = 'canceled' then 'cancelled'
            when status = 'unpaid' then 'past_due'
            when pause_behavior is not null then 'paused'
            else status
        end as status,
        coalesce(start_date, created) as started_at,
        item['price']['recurring']['interval'] as interval,
        item['price']['recurring']['interval_count'] as interval_count,
        item['quantity'] as quantity,
        stripe_amount(item['price']['unit_amount'], currency) as amount,
        upper(currency) as currency,
        not coalesce(cancel_at_period_end, false) as auto_renew,
        trial_start as trial_start_at,
        trial_end as trial_end_at,
        canceled_at as cancel_requested_at,
        coalesce(ended_at, cancel_at) as cancel_effective_at,
        ended_at,
        paused_at as pause_start_at,
        resumed_at as pause_end_at
    from live_subscriptions

)

select * from subscriptions
