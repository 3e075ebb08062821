-- Corrected, the column would be there twice, which is not what is wrong with it.
select order_id, quantity, quantty from inbound.orders
