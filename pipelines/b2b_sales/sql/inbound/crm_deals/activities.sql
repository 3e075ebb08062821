/*
description: The quote of each deal, as a contact with its buyer that names the deal as its case.
*/
with

quotes as (

    select
        hs_object_id,
        nullif(trim(split_part(associatedcontactids, ';', 1)), '') as contact_id,
        hubspot_owner_id,
        amount,
        deal_currency_code,
        quoted_at
    from source
    where quoted_at is not null

),

activities as (

    select
        hs_object_id || '/quote' as activity_id,
        'quote' as kind,
        quoted_at as occurred_at,
        'out' as direction,
        case when contact_id is not null then $namespace || '.contact' end as party_type,
        contact_id as party_id,
        hubspot_owner_id as agent_id,
        hs_object_id as case_id,
        amount,
        upper(deal_currency_code) as currency
    from quotes

)

select * from activities
