/*
description: Which ids of PostHog's events belong to one person, and the person's e-mail address.
*/
with

persons as (

    select distinct_id, person_id, email, created_at
    from source
    where not coalesce(is_deleted, false)

),

identifiers as (

    select
        $namespace || '.cookie' as left_type,
        distinct_id as left_value,
        $namespace || '.person' as right_type,
        person_id as right_value,
        created_at as seen_at
    from persons
    union all
    select distinct
        $namespace || '.person' as left_type,
        person_id as left_value,
        'email' as right_type,
        email as right_value,
        created_at as seen_at
    from persons
    where email is not null

)

select * from identifiers
