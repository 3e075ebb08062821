/*
grain: [order_id, day]
sort_by: [order_idd]
columns:
  order_id: {type: int64}
  gross_amount: {type: "decimal(18,4)"}
  quantity: {type: int64}
  gone: {type: string}
  nothing: {type: string}
checks:
  - gross_amount >= 0
  - gros_amount >= 0
  - quantity + 1
  - "quantity >= "
*/
select order_id, quantity, gross_amount, weight, null as nothing
from inbound.orders
