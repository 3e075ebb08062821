select order_id from marts.orders
