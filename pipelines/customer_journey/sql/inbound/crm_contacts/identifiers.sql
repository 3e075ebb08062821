/*
description: >
  Further e-mail addresses of HubSpot contacts, and the shop login that the sales team notes in a
  property of its own.
*/
with

addresses as (

    select
        hs_object_id,
        createdate,
        unnest(string_to_array(hs_additional_emails, ';')) as address
    from source
    where hs_additional_emails is not null

),

identifiers as (

    select
        $namespace || '.contact' as left_type,
        hs_object_id as left_value,
        'email' as right_type,
        trim(address) as right_value,
        createdate as seen_at
    from addresses
    where trim(address) != ''
    union all
    select
        $namespace || '.contact' as left_type,
        hs_object_id as left_value,
        $namespace || '.login' as right_type,
        shop_customer_number as right_value,
        createdate as seen_at
    from source
    where shop_customer_number is not null

)

select * from identifiers
