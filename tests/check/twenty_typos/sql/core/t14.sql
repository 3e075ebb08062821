/*
description: Table 14.
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
        coalesce(quantiti, quantity) as value
    from inbound.orders

)

select id, value from picked
