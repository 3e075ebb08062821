select
    order_id,
    sum(quantity) over () as total,
    sum(quantity) over (partition by customer_id) as fine,
    row_number() over (order by order_id) as also_fine
from inbound.orders
