/*
description: Table 3.
*/
with

picked as (

    select
        order_id as id,
        -- space
        -- space
        -- space
        coalesce(gros_amount, gross_amount) as value
    from inbound.orders

)

select id, value from picked
