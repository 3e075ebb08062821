/*
columns:
  order_id: {type: string}
  customer_id: {type: string}
*/
select
    order_id,
    custmer_id as customer_id
from inbound.orders
where gros_amount > 0
