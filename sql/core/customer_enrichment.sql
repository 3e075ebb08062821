/*
description: >
  Attributes of customers that come from elsewhere, by the postal code or country they live in, with
  the licence and the purpose of the data. Of several keys that fit the narrowest speaks. What may
  serve none of the purposes of `enrich:` is left out.
grain: [customer_id, attribute, valid_from_date]
columns:
  customer_id: {type: string, description: The customer.}
  customer_key: {type: int64, description: Join key of customer_id.}
  attribute: {type: string, description: Name of the attribute.}
  value: {type: string, description: Its value as text.}
  join_key_type: {type: string, description: 'postal_code or country_code: what it is known by.'}
  licence: {type: string, description: Licence of the data.}
  purpose: {type: string, description: Purpose that it may serve.}
  valid_from_date: {type: date, description: First day it holds; 1900-01-01 if it always held.}
  valid_to_date: {type: date, description: Day after the last day it holds; null if it still holds.}
*/
with

customer_keys as (

    select
        customer_id,
        customer_key,
        'postal_code' as join_key_type,
        postal_code as join_key,
        length(postal_code) as narrowness
    from core.customers
    where postal_code is not null
    union
    -- Statistics are often kept by the digits of a Dutch postal code alone.
    select
        customer_id,
        customer_key,
        'postal_code' as join_key_type,
        left(postal_code, 4) as join_key,
        4 as narrowness
    from core.customers
    where postal_code is not null
        and country_code = 'NL'
    union
    select
        customer_id,
        customer_key,
        'country_code' as join_key_type,
        country_code as join_key,
        0 as narrowness
    from core.customers
    where country_code is not null

),

allowed_enrichment as (

    select
        join_key_type,
        replace(upper(join_key), ' ', '') as join_key,
        attribute,
        value,
        licence,
        enrichment.purpose,
        coalesce(valid_from, date '1900-01-01') as valid_from_date,
        valid_to as valid_to_date
    from inbound.enrichment
    left semi join config.enrichment_purposes
        on enrichment.purpose = enrichment_purposes.purpose

),

ranked_attributes as (

    select
        customer_keys.customer_id,
        customer_keys.customer_key,
        allowed_enrichment.attribute,
        allowed_enrichment.value,
        allowed_enrichment.join_key_type,
        allowed_enrichment.licence,
        allowed_enrichment.purpose,
        allowed_enrichment.valid_from_date,
        allowed_enrichment.valid_to_date,
        row_number() over (
            partition by
                customer_keys.customer_key,
                allowed_enrichment.attribute,
                allowed_enrichment.valid_from_date
            order by
                customer_keys.narrowness desc,
                allowed_enrichment.licence,
                allowed_enrichment.purpose,
                allowed_enrichment.valid_to_date desc nulls first,
                allowed_enrichment.value
        ) as attribute_rank
    from customer_keys
    inner join allowed_enrichment
        on customer_keys.join_key_type = allowed_enrichment.join_key_type
        and customer_keys.join_key = allowed_enrichment.join_key

),

customer_enrichment as (

    select
        customer_id,
        customer_key,
        attribute,
        value,
        join_key_type,
        licence,
        purpose,
        valid_from_date,
        valid_to_date
    from ranked_attributes
    where attribute_rank = 1

)

select * from customer_enrichment
