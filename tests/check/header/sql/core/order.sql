/*
columns:
  quantity: {type: int64}
  order_id: {type: string}
*/
select order_id, quantity from inbound.orders
