-- One column is misspelled, so there is one error: what reads the column here and in `reader` is
-- judged as if it were not.
with

orders as (

    select order_id, orders.gross_amonut, quantity
    from inbound.orders as orders

)

select order_id, gross_amount, quantity * 2 as pairs
from orders
where gross_amount > 0
