/*
description: Articles of the web shop's orders.
*/
select
    order_id,
    line_number,
    sku as product_id,
    category,
    quantity,
    amount,
    cost_amount,
    currency
from source
