select to_timestamp(order_id) as t from inbound.orders
