select
    cast(null as bigint) as visitor_key,
    cast(null as bigint) as view_count,
    cast(null as bigint) as duration_microseconds,
    false as is_engaged,
    false as is_converted,
    false as is_bot,
    $as_of_date as started_date
