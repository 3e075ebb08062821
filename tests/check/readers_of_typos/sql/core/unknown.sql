-- Nobody can tell what was meant, so no reader can tell the type.
select order_id, whatever as amount from inbound.orders
