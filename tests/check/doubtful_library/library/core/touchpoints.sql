select
    cast(null as varchar) as kind,
    cast(null as varchar) as namespace,
    cast(null as varchar) as event_id,
    cast(null as bigint) as customer_key,
    cast(null as varchar) as session_id,
    cast(null as varchar) as event_name,
    cast(null as varchar) as channel,
    cast(null as bigint) as event_sequence,
    cast(null as varchar) as outcome,
    false as is_bot,
    $as_of as occurred_at
