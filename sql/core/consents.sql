/*
description: >
  What each person decided about the use of their data, and from when to when each decision held.
  Of decisions at the same moment a refusal wins.
grain: [customer_id, purpose, valid_from_at]
columns:
  customer_id: {type: string, description: Who decided.}
  customer_key: {type: int64, description: Join key of customer_id.}
  purpose: {type: string, description: 'analytics, marketing or another purpose.'}
  is_granted: {type: bool, description: Whether consent was given.}
  valid_from_at: {type: timestamp, description: When it was decided.}
  valid_to_at: {type: timestamp, description: When the next decision replaced it; null if it still holds.}
*/
with

decisions as (

    select
        identities.customer_id,
        identities.customer_key,
        consents.purpose,
        consents.decided_at,
        bool_and(consents.is_granted) as is_granted
    from inbound.consents
    inner join core.identities
        on consents.party_type = identities.id_type
        and case
            when consents.party_type = 'email' then normalize_email(consents.party_id)
            else consents.party_id
        end = identities.id_value
    group by
        identities.customer_id,
        identities.customer_key,
        consents.purpose,
        consents.decided_at

),

consent_periods as (

    select
        customer_id,
        customer_key,
        purpose,
        is_granted,
        decided_at as valid_from_at,
        lead(decided_at) over (
            partition by customer_key, purpose
            order by decided_at
        ) as valid_to_at
    from decisions

)

select * from consent_periods
