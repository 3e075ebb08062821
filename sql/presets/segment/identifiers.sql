/*
description: >
  Who is who: identify calls tie a cookie to a login and either to an e-mail address, alias calls a new
  id to the one before.
*/
with

calls as (

    select
        type,
        anonymous_id,
        user_id,
        previous_id,
        email,
        occurred_at
    from source
    where type in ('identify', 'alias')

),

identifiers as (

    select
        $namespace || '.cookie' as left_type,
        anonymous_id as left_value,
        $namespace || '.login' as right_type,
        user_id as right_value,
        occurred_at as seen_at
    from calls
    where anonymous_id is not null
        and user_id is not null
    union all
    select
        case when user_id is null then $namespace || '.cookie' else $namespace || '.login' end
            as left_type,
        coalesce(user_id, anonymous_id) as left_value,
        'email' as right_type,
        email as right_value,
        occurred_at as seen_at
    from calls
    where email is not null
        and coalesce(user_id, anonymous_id) is not null
    union all
    select
        $namespace || '.login' as left_type,
        user_id as left_value,
        $namespace || '.login' as right_type,
        previous_id as right_value,
        occurred_at as seen_at
    from calls
    where type = 'alias'
        and user_id is not null
        and previous_id is not null

)

select * from identifiers
