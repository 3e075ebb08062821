select ordered_at at time zone 'Europe/Amsterdam' as t from inbound.orders
