/*
description: The shop's export as orders; `source` is raw.shop.
*/
select
    order_id,
    email,
    ordered_at,
    amount as gross_amount,
    'EUR' as currency,
    updated_at
from source
