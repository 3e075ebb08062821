/*
description: Table 15.
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
        -- space
        -- space
        -- space
        -- space
        -- space
        -- space
        -- space
        -- space
        coalesce(ordr_id, order_id) as value
    from inbound.orders

)

select id, value from picked
