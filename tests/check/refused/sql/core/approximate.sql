select approx_distinct(order_id) as n, approx_median(quantity) as m from inbound.orders
