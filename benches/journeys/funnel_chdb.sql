select
    visitor_id,
    windowFunnel(604800000000)(
        toUInt64(toUnixTimestamp64Micro(occurred_at)),
        event_name = 'view_item',
        event_name = 'add_to_cart',
        event_name = 'purchase'
    ) as depth
from file('{events}', 'Parquet')
where event_name in ('view_item', 'add_to_cart', 'purchase')
group by visitor_id
