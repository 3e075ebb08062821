/*
description: >
  Stripe refunds that succeeded or are under way. Without an order in the metadata the payment, or the
  charge of older ones, stands for it.
*/
select
    id as refund_id,
    coalesce(order_id, payment_intent, charge) as order_id,
    created as refunded_at,
    amount,
    upper(currency) as currency
from source
where coalesce(status, 'succeeded') in ('succeeded', 'pending', 'requires_action')
    and coalesce(order_id, payment_intent, charge) is not null
