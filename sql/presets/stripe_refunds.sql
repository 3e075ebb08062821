/*
description: >
  Stripe refunds that succeeded or are under way. Without an order in the metadata the payment, or the
  charge of older ones, stands for it.
*/
with

given_refunds as (

    select
        *,
        coalesce(order_id, payment_intent, charge) as refunded_id,
        -- Stripe counts ISK and UGX in hundredths, though they have none.
        case
            when lower(currency) in (
                'bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga',
                'pyg', 'rwf', 'vnd', 'vuv', 'xaf', 'xof', 'xpf'
            ) then 1
            when lower(currency) in ('bhd', 'jod', 'kwd', 'omr', 'tnd') then 1000
            else 100
        end as minor_unit_count
    from source
    where coalesce(status, 'succeeded') in ('succeeded', 'pending', 'requires_action')

),

refunds as (

    select
        id as refund_id,
        refunded_id as order_id,
        created as refunded_at,
        cast(amount as decimal(18, 4)) / minor_unit_count as amount,
        upper(currency) as currency
    from given_refunds
    where refunded_id is not null

)

select * from refunds
