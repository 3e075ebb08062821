select customer_id, sum(weight) as w, avg(weight * 2) as a, sum(quantity) as q, avg(quantity) as m,
    stddev(quantity) as s
from inbound.orders
group by customer_id
