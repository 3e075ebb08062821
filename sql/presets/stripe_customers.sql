/*
description: >
  E-mail addresses and logins of Stripe customers; test objects and deleted customers are left out.
*/
with

live_customers as (

    select id, email, user_id, created
    from source
    where coalesce(livemode, true)
        and not coalesce(deleted, false)
        and created is not null

),

identifiers as (

    select
        $namespace || '.customer' as left_type,
        id as left_value,
        'email' as right_type,
        email as right_value,
        created as seen_at
    from live_customers
    where email is not null
    union all
    select
        $namespace || '.customer' as left_type,
        id as left_value,
        $namespace || '.login' as right_type,
        user_id as right_value,
        created as seen_at
    from live_customers
    where user_id is not null

)

select * from identifiers
