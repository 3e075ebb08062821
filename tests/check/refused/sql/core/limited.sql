select order_id from inbound.orders limit 10
