/*
description: >
  Stripe refunds that succeeded or are under way. Without an order in the metadata the payment, or the
  charge of older ones, stands for it.
*/
with

given_refunds as (

    select
        *,
        coalesce(order_id, payment_intent, charge) as refunded_id
    from source
    where coalesce(status, 'succeeded') in ('succeeded', 'pending', 'requires_action')

),

refunds as (

    select
        id as refund_id,
        refunded_id as order_id,
        created as refunded_at,
        stripe_amount(amount, currency) as amount,
        upper(currency) as currency
    from given_refunds
    where refunded_id is not null

)

select * from refunds
