/*
description: E-mail addresses and logins of Zendesk end users; agents are left out.
*/
with

end_users as (

    select id, email, external_id, created_at
    from source
    where coalesce(role, 'end-user') = 'end-user'

),

identifiers as (

    select
        $namespace || '.requester' as left_type,
        id as left_value,
        'email' as right_type,
        email as right_value,
        created_at as seen_at
    from end_users
    where email is not null
    union all
    select
        $namespace || '.requester' as left_type,
        id as left_value,
        $namespace || '.login' as right_type,
        external_id as right_value,
        created_at as seen_at
    from end_users
    where external_id is not null

)

select * from identifiers
