select $as_off_date as day, upperr(order_id) as x, lower(order_id, 2) as y from core.orders
