/*
description: >
  Identifiers that one record shows together, from every source. An identifier that was never
  seen beside another one stands beside itself, so that it is a person too. Of a cookie that several
  logins used `identity: stitch` says whether all of them are one person or it goes to one of them.
  Words that stand for no identifier, such as null, test@example.com or what `identity: deny` lists,
  tie nobody and are nobody.
columns:
  left_type: {type: string, description: '<namespace>.<kind> of the identifier; email and phone are shared by all sources.'}
  left_value: {type: string, description: The identifier.}
  right_type: {type: string, description: Type of the identifier beside it.}
  right_value: {type: string, description: The identifier beside it.}
  seen_at: {type: timestamp, description: When they were seen together; null if the record is undated.}
*/
with

event_pairs as (

    select
        namespace || '.cookie' as left_type,
        anonymous_id as left_value,
        namespace || '.login' as right_type,
        user_id as right_value,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at
    from inbound.events
    where anonymous_id is not null
        or user_id is not null
    group by namespace, anonymous_id, user_id

),

ranked_pairs as (

    select
        *,
        row_number() over (
            partition by left_type, left_value
            order by
                case when $identity_stitch = 'last_user' then last_seen_at end desc,
                case when $identity_stitch = 'first_user' then first_seen_at end,
                right_value
        ) as login_rank
    from event_pairs
    where $identity_stitch != 'component'
        and left_value is not null
        and right_value is not null

),

cookie_pairs as (

    select left_type, left_value, right_type, right_value, first_seen_at, last_seen_at
    from event_pairs
    where $identity_stitch = 'component'
        or left_value is null
        or right_value is null
    union all
    -- The other logins of the cookie stand alone.
    select
        left_type,
        case when login_rank = 1 then left_value end as left_value,
        right_type,
        right_value,
        first_seen_at,
        last_seen_at
    from ranked_pairs

),

pairs as (

    select left_type, left_value, right_type, right_value, first_seen_at as seen_at
    from cookie_pairs
    union all
    select left_type, left_value, right_type, right_value, last_seen_at as seen_at
    from cookie_pairs
    union all
    select left_type, left_value, right_type, right_value, seen_at
    from inbound.identifiers
    union all
    select id_type as left_type, from_value, id_type as right_type, to_value, merged_at
    from inbound.merges
    union all
    select namespace || '.contact', contact_id, 'email', email, created_at
    from inbound.contacts
    union all
    select namespace || '.contact', contact_id, 'phone', phone, created_at
    from inbound.contacts
    union all
    select buyer_type, buyer_id, 'email', email, ordered_at
    from inbound.orders
    union all
    select buyer_type, buyer_id, null as right_type, null as right_value, started_at
    from inbound.subscriptions
    union all
    select buyer_type, buyer_id, null as right_type, null as right_value, issued_at
    from inbound.invoices
    union all
    select respondent_type, respondent_id, null as right_type, null as right_value, sent_at
    from inbound.survey_invitations
    union all
    select respondent_type, respondent_id, null as right_type, null as right_value, answered_at
    from inbound.survey_responses
    union all
    select requester_type, requester_id, null as right_type, null as right_value, opened_at
    from inbound.tickets
    union all
    select party_type, party_id, null as right_type, null as right_value, occurred_at
    from inbound.activities
    union all
    select party_type, party_id, null as right_type, null as right_value, decided_at
    from inbound.consents
    union all
    select namespace || '.handle', author_handle, null as right_type, null as right_value, published_at
    from inbound.social_mentions
    union all
    select unit_type, unit_id, null as right_type, null as right_value, exposed_at
    from inbound.experiment_assignments

),

normalized_pairs as (

    select
        pairs.left_type,
        pairs.right_type,
        pairs.seen_at,
        case
            when left_denied.denied_value is not null then null
            when pairs.left_type = 'email' then normalize_email(pairs.left_value)
            else pairs.left_value
        end as left_value,
        case
            when right_denied.denied_value is not null then null
            when pairs.right_type = 'email' then normalize_email(pairs.right_value)
            else pairs.right_value
        end as right_value
    from pairs
    left join config.denied_identifiers as left_denied
        on lower(trim(pairs.left_value)) = left_denied.denied_value
    left join config.denied_identifiers as right_denied
        on lower(trim(pairs.right_value)) = right_denied.denied_value

),

edges as (

    select
        case when left_value is null then right_type else left_type end as left_type,
        coalesce(left_value, right_value) as left_value,
        case when right_value is null then left_type else right_type end as right_type,
        coalesce(right_value, left_value) as right_value,
        seen_at
    from normalized_pairs
    where left_value is not null
        or right_value is not null

)

select * from edges
