/*
description: Table 0.
*/
with

picked as (

    select
        order_id as id,
        coalesce(ordr_id, order_id) as value
    from inbound.orders

)

select id, value from picked
