select order_id, customer_idd from core.orders
