select order_id,, quantity from inbound.orders
