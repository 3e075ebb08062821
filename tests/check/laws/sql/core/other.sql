select order_id from inbound.orders
