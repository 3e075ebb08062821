select order_id from core.orders
