-- Laws about sales; this line belongs to none.
-- fail: no order gets lost
select count(*) as n
from core.sales
having count(*) != (select count(*) from inbound.orders);

-- warn: amounts are known
select order_id from core.sales
where gros_amount is null;

-- fail: only what sales reads may be read
select * from core.sales
inner join core.other on sales.order_id = other.order_id;

-- fail: this does not parse
select * form core.sales;
