/*
description: x
colums: {}
params:
  n: {type: int64}
  as_of: {type: date, default: 2026-01-01}
  d: {type: date, default: soon}
*/
select order_id from inbound.orders where quantity > $n
