with

sums as (

    select customer_id, sum(amount_gross) as amount, count(distinct ordr_id) as n
    from inbound.orders
    group by customer_id

)

select customer_id, amount, n, sums.missing
from sums
