select
    a.order_id,
    a.ordered_at - b.ordered_at <= interval '7 days' as is_wrong,
    a.ordered_at - b.ordered_at <= interval '168 hours' as is_right,
    a.ordered_at <= b.ordered_at + interval '7 days' as is_right_too
from inbound.orders as a
inner join inbound.orders as b on b.customer_id = a.customer_id
