/*
description: Refunds of the web shop.
*/
select
    refund_id,
    order_id,
    refunded_at,
    amount,
    currency
from source
