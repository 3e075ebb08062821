/*
description: >
  When people who had been two turned out to be one: what the customer_id of the one was before, by
  the days on which their identifiers were seen together. It follows from the exports, not from earlier
  runs, so that a run over all of them tells the same as many over parts.
grain: [from_customer_id]
columns:
  from_customer_id: {type: string, description: The customer_id that ceased.}
  to_customer_id: {type: string, description: The customer_id that it became part of that day; it may have ceased since.}
  customer_id: {type: string, description: Who the person is today.}
  merged_date: {type: date, description: Local day from which they were one.}
  first_seen_at: {type: timestamp, description: When the one that ceased was first seen.}
  merged_at: {type: timestamp, description: When the two were first seen together.}
checks:
  - first_seen_at < merged_at
*/
with

merges as (

    select
        from_component_id,
        to_component_id,
        short_key(from_component_id) as identifier_key,
        local_date(merged_at, $timezone) as merged_date,
        first_seen_at,
        merged_at
    from identity_merges((
        select left_type, left_value, right_type, right_value, seen_at
        from core.identity_edges
    ), $identity_max_edges)
    where local_date(first_seen_at, $timezone) < local_date(merged_at, $timezone)

),

identity_merges as (

    select
        merges.from_component_id as from_customer_id,
        merges.to_component_id as to_customer_id,
        identities.customer_id,
        merges.merged_date,
        merges.first_seen_at,
        merges.merged_at
    from merges
    inner join core.identities
        on merges.identifier_key = identities.identifier_key

)

select * from identity_merges
