select distinct on (customer_id) customer_id, order_id from inbound.orders
