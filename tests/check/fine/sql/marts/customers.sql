/*
grain: [customer_id]
columns:
  customer_id: {type: string}
  order_count: {type: int64}
  amount: {type: "decimal(28,4)"}
  amount_mean: {type: "decimal(22,8)"}
  last_ordered_at: {type: timestamp}
*/
select
    customer_id,
    count(*) as order_count,
    sum(gross_amount) as amount,
    avg(gross_amount) as amount_mean,
    max(ordered_at) as last_ordered_at,
from core.orders
where customer_id is not null
group by customer_id
