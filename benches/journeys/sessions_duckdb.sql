with marked as (
    select
        visitor_id,
        occurred_at,
        case when occurred_at - lag(occurred_at) over visitor <= interval 30 minutes then 0 else 1 end as is_first
    from read_parquet('{events}')
    window visitor as (partition by visitor_id order by occurred_at)
),
numbered as (
    select
        visitor_id,
        occurred_at,
        sum(is_first) over (partition by visitor_id order by occurred_at rows unbounded preceding) as session_number
    from marked
)
select
    visitor_id,
    session_number,
    min(occurred_at) as started_at,
    max(occurred_at) as ended_at,
    count(*) as event_count
from numbered
group by visitor_id, session_number
