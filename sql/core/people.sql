/*
description: One row per person, known or anonymous, with what makes the person a customer.
grain: [customer_id]
columns:
  customer_id: {type: string, description: The person.}
  customer_key: {type: int64, description: Join key of customer_id.}
  identifier_count: {type: int64, description: Number of identifiers.}
  is_identified: {type: bool, description: 'Whether a login, e-mail address, telephone number or CRM id is known; a cookie or the handle of a mention is none.'}
  is_customer: {type: bool, description: 'Whether the person bought, subscribed or is a customer in the CRM.'}
  first_seen_at: {type: timestamp, description: When any identifier was first seen.}
  last_seen_at: {type: timestamp, description: When any identifier was last seen.}
*/
with

people as (

    select
        customer_key,
        customer_id,
        count(*) as identifier_count,
        bool_or(id_type not like '%.cookie' and id_type not like '%.handle') as is_identified,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from core.identities
    group by customer_key, customer_id

),

customer_keys as (

    select customer_key
    from core.orders
    where customer_key is not null
    union
    select customer_key
    from core.subscriptions
    where customer_key is not null
    union
    select customer_key
    from core.contacts
    where lifecycle_stage = 'customer'

),

people_and_customers as (

    select
        people.customer_id,
        people.customer_key,
        people.identifier_count,
        people.is_identified,
        customer_keys.customer_key is not null as is_customer,
        people.first_seen_at,
        people.last_seen_at
    from people
    left join customer_keys
        on people.customer_key = customer_keys.customer_key

)

select * from people_and_customers
