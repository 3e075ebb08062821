/*
description: Table 11.
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
        coalesce(custmer_id, customer_id) as value
    from inbound.orders

)

select id, value from picked
