-- fail: every customer has a value, and nobody else
select count(*) as value_count
from marts.customer_value
having count(*) != (select count(*) from core.customers);
