select order_id, now() as t, current_date as d, ordered_at > current_timestamp as n from inbound.orders
