/*
description: One row per order.
grain: [order_id]
columns:
  order_id: {type: string}
  customer_id: {type: string}
  ordered_at: {type: timestamp}
  gross_amount: {type: "decimal(18,4)"}
  is_recent: {type: bool}
params: {days: {type: int64, default: 30}}
checks:
  - gross_amount >= 0
*/
with

orders as (

    select * from inbound.orders

),

recent as (

    select
        order_id,
        customer_id,
        ordered_at,
        gross_amount,
        cast(ordered_at as date) > $as_of_date - $days as is_recent,
    from orders

)

select * from recent
