select
    visitor_id,
    window_funnel(
        interval '7 days',
        occurred_at,
        event_name = 'view_item',
        event_name = 'add_to_cart',
        event_name = 'purchase'
    ) as depth
from marts.events
where event_name in ('view_item', 'add_to_cart', 'purchase')
group by visitor_id
