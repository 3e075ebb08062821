select
    order_id,
    ordered_at - ordered_at as gap,
    interval '1 day' as span,
    null as nothing,
    make_array(order_id) as ids,
    arrow_cast(ordered_at, 'Timestamp(Microsecond, None)') as local_time
from inbound.orders
