select
    order_id,
    first_value(order_id) over (partition by customer_id order by ordered_at) as a,
    nth_value(order_id, 2) over (partition by customer_id) as b
from inbound.orders
