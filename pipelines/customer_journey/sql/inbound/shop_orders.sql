/*
description: Orders of the web shop. The buyer is the login; guests are known by e-mail address.
*/
select
    order_id,
    case when customer_no is not null then $namespace || '.login' end as buyer_type,
    customer_no as buyer_id,
    email,
    ordered_at,
    paid_at,
    cancelled_at,
    gross_amount,
    discount_amount,
    tax_amount,
    shipping_amount,
    currency,
    payment_method,
    status,
    sales_channel,
    updated_at
from source
