-- One window over all rows; then only the rows at which a session begins or ends.
with placed as (
    select
        visitor_id,
        occurred_at,
        row_number() over visitor as place,
        lag(occurred_at) over visitor as before,
        lead(occurred_at) over visitor as after
    from read_parquet('{events}')
    window visitor as (partition by visitor_id order by occurred_at)
),
edges as (
    select
        *,
        before is null or occurred_at - before > interval 30 minutes as is_first,
        after is null or after - occurred_at > interval 30 minutes as is_last
    from placed
),
paired as (
    select
        visitor_id,
        is_first,
        occurred_at as started_at,
        case when is_last then occurred_at else lead(occurred_at) over visitor end as ended_at,
        case when is_last then place else lead(place) over visitor end - place + 1 as event_count
    from edges
    where is_first or is_last
    window visitor as (partition by visitor_id order by place)
)
select
    visitor_id,
    row_number() over (partition by visitor_id order by started_at) as session_number,
    started_at,
    ended_at,
    event_count
from paired
where is_first
