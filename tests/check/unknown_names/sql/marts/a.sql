select o.order_id, o.nothing, t.b
from core.orders as o
left join core.total as t on t.order_id = o.order_id
