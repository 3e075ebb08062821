/*
description: >
  Which customer is in which segment, and from when to when. Segments that only the present knows
  (RFM, declared conditions) hold from $as_of_date, never on earlier events.
grain: [segment, customer_id, valid_from_date]
columns:
  segment: {type: string, description: 'rfm_<segment>, lifecycle_<status> or the name of a declared segment.'}
  kind: {type: string, description: 'value for rfm, behavioural for lifecycle, or the declared kind.'}
  customer_id: {type: string, description: The customer.}
  customer_key: {type: int64, description: Join key of customer_id.}
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
        $as_of_date as valid_from_date,
        cast(null as date) as valid_to_date
    from segments.rfm
    union all
    select
        'lifecycle_' || status as segment,
        'behavioural' as kind,
        customer_id,
        customer_key,
        period_start_date as valid_from_date,
        cast(period_start_date + interval '1 month' as date) as valid_to_date
    from segments.lifecycle
    union all
    select
        declared_members.segment,
        segments.kind,
        declared_members.customer_id,
        declared_members.customer_key,
        $as_of_date as valid_from_date,
        cast(null as date) as valid_to_date
    from segments.declared_members
    inner join config.segments
        on declared_members.segment = segments.segment

)

select * from members
