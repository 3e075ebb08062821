select order_id, gross_amount from inbound.orders
