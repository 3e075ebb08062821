select
    cast(null as varchar) as customer_id,
    cast(null as bigint) as customer_key,
    cast(null as bigint) as birth_year
