/*
description: Orders per local day.
grain: [ordered_date]
columns:
  ordered_date: {type: date, description: Local day of the order.}
  order_count: {type: int64, description: Orders placed on that day.}
  net_amount: {type: "decimal(18,4)", description: 'Their amounts, discounts and refunds off.'}
checks:
  - order_count > 0
*/
select
    ordered_date,
    count(*) as order_count,
    cast(sum(net_amount) as decimal(18, 4)) as net_amount
from core.orders
group by ordered_date
