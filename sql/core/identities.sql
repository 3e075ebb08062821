/*
description: >
  Every identifier and the person it belongs to. Of a person who asked to be forgotten, by whichever
  identifier, all are left out: what they did is nobody's, in this export and in every later one.
grain: [id_type, id_value]
columns:
  identifier_key: {type: int64, description: 'Join key of the identifier: short_key(entity_key(id_type, id_value)).'}
  id_type: {type: string, description: '<namespace>.<kind>, or email or phone.'}
  id_value: {type: string, description: The identifier; e-mail addresses are normalised.}
  customer_id: {type: string, description: The person the identifier belongs to.}
  customer_key: {type: int64, description: Join key of customer_id.}
  is_guarded: {type: bool, description: Whether the identifier is shared by so many others that it links nobody.}
  first_seen_at: {type: timestamp, description: When the identifier was first seen.}
  last_seen_at: {type: timestamp, description: When the identifier was last seen.}
*/
with

erasures as (

    select
        short_key(entity_key(
            party_type,
            case when party_type = 'email' then normalize_email(party_id) else party_id end
        )) as identifier_key
    from inbound.erasures

),

erased_people as (

    select distinct identity_components.customer_key
    from erasures
    inner join core.identity_components
        on erasures.identifier_key = identity_components.identifier_key

),

identities as (

    select
        identity_components.identifier_key,
        identity_components.id_type,
        identity_components.id_value,
        identity_components.customer_id,
        identity_components.customer_key,
        identity_components.is_guarded,
        identity_components.first_seen_at,
        identity_components.last_seen_at
    from core.identity_components
    left anti join erased_people
        on identity_components.customer_key = erased_people.customer_key

)

select * from identities
