/*
description: >
  Everybody who bought, subscribed or is a customer in the CRM. Of several CRM contacts of one
  person the one that changed last speaks, attribute by attribute.
grain: [customer_id]
columns:
  customer_id: {type: string, description: The customer.}
  customer_key: {type: int64, description: Join key of customer_id.}
  birth_year: {type: int64, pii: demographic, description: Year of birth.}
  postal_code: {type: string, pii: location, description: 'Postal code, in capitals without spaces.'}
  country_code: {type: string, description: ISO 3166-1 alpha-2 country.}
  language: {type: string, description: ISO 639-1 language.}
  account_id: {type: string, description: Account the customer belongs to.}
  is_b2b: {type: bool, description: Whether the customer belongs to an account.}
  is_analytics_consented: {type: bool, description: Latest decision about analytics; null if never asked.}
  first_seen_at: {type: timestamp, description: When any identifier was first seen.}
  last_seen_at: {type: timestamp, description: When any identifier was last seen.}
*/
with

contact_attributes as (

    select
        customer_key,
        first_value(birth_year order by updated_at desc nulls last, namespace, contact_id)
            filter (where birth_year is not null) as birth_year,
        first_value(postal_code order by updated_at desc nulls last, namespace, contact_id)
            filter (where postal_code is not null) as postal_code,
        first_value(country_code order by updated_at desc nulls last, namespace, contact_id)
            filter (where country_code is not null) as country_code,
        first_value(language order by updated_at desc nulls last, namespace, contact_id)
            filter (where language is not null) as language,
        first_value(account_id order by updated_at desc nulls last, namespace, contact_id)
            filter (where account_id is not null) as account_id
    from core.contacts
    where not is_deleted
    group by customer_key

),

analytics_consents as (

    select customer_key, is_granted
    from core.consents
    where purpose = 'analytics'
        and valid_to_at is null

),

customers as (

    select
        people.customer_id,
        people.customer_key,
        contact_attributes.birth_year,
        contact_attributes.postal_code,
        contact_attributes.country_code,
        contact_attributes.language,
        contact_attributes.account_id,
        contact_attributes.account_id is not null as is_b2b,
        analytics_consents.is_granted as is_analytics_consented,
        people.first_seen_at,
        people.last_seen_at
    from core.people
    left join contact_attributes
        on people.customer_key = contact_attributes.customer_key
    left join analytics_consents
        on people.customer_key = analytics_consents.customer_key
    where people.is_customer

)

select * from customers
