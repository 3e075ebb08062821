/*
description: >
  Which customer is in which segment, and from when to when. What only the present knows (RFM,
  declared behaviour, value and cohorts) holds from $as_of_date, never on earlier events. Who somebody
  is (demographic, psychographic, persona) holds since the customer was first seen; that it was
  different before is possible, and is_history_known says that nobody knows.
grain: [segment, customer_id, valid_from_date]
columns:
  segment: {type: string, description: 'rfm_<segment>, lifecycle_<status> or the name of a declared segment.'}
  kind: {type: string, description: 'value for rfm, behavioural for lifecycle, or the declared kind.'}
  customer_id: {type: string, description: The customer.}
  customer_key: {type: int64, description: Join key of customer_id.}
  is_history_known: {type: bool, description: Whether the days are those of dated facts.}
  valid_from_date: {type: date, description: First day of membership.}
  valid_to_date: {type: date, description: Day after the last day; null if it holds until the next run.}
*/
with

members as (

    select
        'rfm_' || segment as segment,
        'value' as kind,
        customer_id,
        customer_key,
        true as is_history_known,
        $as_of_date as valid_from_date,
        cast(null as date) as valid_to_date
    from segments.rfm
    union all
    select
        'lifecycle_' || status as segment,
        'behavioural' as kind,
        customer_id,
        customer_key,
        true as is_history_known,
        period_start_date as valid_from_date,
        cast(period_start_date + interval '1 month' as date) as valid_to_date
    from segments.lifecycle
    union all
    select
        declared_members.segment,
        segments.kind,
        declared_members.customer_id,
        declared_members.customer_key,
        segments.kind not in ('demographic', 'psychographic', 'persona') as is_history_known,
        case
            when segments.kind in ('demographic', 'psychographic', 'persona')
                then coalesce(local_date(customers.first_seen_at, $timezone), $as_of_date)
            else $as_of_date
        end as valid_from_date,
        cast(null as date) as valid_to_date
    from segments.declared_members
    inner join config.segments
        on declared_members.segment = segments.segment
    inner join core.customers
        on declared_members.customer_key = customers.customer_key

)

select * from members
