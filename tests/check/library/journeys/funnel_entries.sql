select
    cast(null as varchar) as funnel,
    cast(null as bigint) as unit_key,
    $as_of_date as period_start_date,
    cast(null as bigint) as step_number,
    $as_of as occurred_at
