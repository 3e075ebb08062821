select
    visitor_id,
    number as session_number,
    visit[1] as started_at,
    visit[-1] as ended_at,
    length(visit) as event_count
from (
    select
        visitor_id,
        arraySort(groupArray(occurred_at)) as instants,
        arrayMap(instant -> toUnixTimestamp64Micro(instant), instants) as micros,
        arraySplit((instant, silence) -> silence > 1800000000, instants, arrayDifference(micros)) as visits
    from file('{events}', 'Parquet')
    group by visitor_id
)
array join visits as visit, arrayEnumerate(visits) as number
