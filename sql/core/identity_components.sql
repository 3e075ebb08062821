/*
description: >
  Every identifier and the person it belongs to, erased people among them. A person is a connected
  component of identifiers seen together; customer_id is a hash of the component's founding
  identifier, so it stays when the person gains identifiers.
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

components as (

    select id_type, id_value, component_id, is_guarded, first_seen_at, last_seen_at
    from identity_components((
        select left_type, left_value, right_type, right_value, seen_at
        from core.identity_edges
    ), $identity_max_edges)

),

identity_components as (

    select
        short_key(entity_key(id_type, id_value)) as identifier_key,
        id_type,
        id_value,
        component_id as customer_id,
        short_key(component_id) as customer_key,
        is_guarded,
        first_seen_at,
        last_seen_at
    from components

)

select * from identity_components
