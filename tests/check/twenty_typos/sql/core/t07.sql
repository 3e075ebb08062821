/*
description: Table 7.
*/
with

picked as (

    select
        order_id as id,
        -- space
        -- space
        -- space
        -- space
        -- space
        -- space
        -- space
        coalesce(orderd_at, ordered_at) as value
    from inbound.orders

)

select id, value from picked
