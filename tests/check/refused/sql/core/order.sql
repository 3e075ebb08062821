select
    customer_id,
    array_agg(order_id) as ids,
    array_agg(order_id order by order_id) as ordered_ids,
    string_agg(order_id, ',') as listed,
    first_value(order_id order by ordered_at, order_id) as first_id,
    last_value(order_id) as last_id,
from inbound.orders
group by customer_id
