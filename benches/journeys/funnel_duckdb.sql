-- The newest start at each step, carried forward over the instants of a visitor.
with steps as (
    select
        visitor_id,
        occurred_at,
        case event_name when 'view_item' then 1 when 'add_to_cart' then 2 else 3 end as step
    from read_parquet('{events}')
    where event_name in ('view_item', 'add_to_cart', 'purchase')
),
first_steps as (
    select
        *,
        max(case when step = 1 then occurred_at end) over (
            partition by visitor_id order by occurred_at range unbounded preceding
        ) as start_1
    from steps
),
second_steps as (
    select
        *,
        max(case when step = 2 and occurred_at <= start_1 + interval 7 days then start_1 end) over (
            partition by visitor_id order by occurred_at range unbounded preceding
        ) as start_2
    from first_steps
)
select
    visitor_id,
    max(case
        when step = 3 and occurred_at <= start_2 + interval 7 days then 3
        when step = 2 and occurred_at <= start_1 + interval 7 days then 2
        when step = 1 then 1
        else 0
    end) as depth
from second_steps
group by visitor_id
