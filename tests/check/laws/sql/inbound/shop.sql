select
    order_id,
    customer as customer_id,
    ordered_at,
    amount as gross_amount,
    quantity,
    weight
from source
