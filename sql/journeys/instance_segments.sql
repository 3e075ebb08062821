/*
description: >
  The segments that the person of each journey instance was in when it began. An instance keeps
  them, whatever the person becomes on the way.
grain: [instance_key, segment]
columns:
  instance_key: {type: int64, description: Join key of the instance.}
  segment: {type: string, description: The segment.}
  journey: {type: string, description: The declared journey.}
  customer_key: {type: int64, description: The person.}
  is_history_known: {type: bool, description: Whether the membership is dated; else it holds as if it had always been so.}
*/
with

instance_segments as (

    select
        instances.instance_key,
        members.segment,
        instances.journey,
        instances.customer_key,
        members.is_history_known
    from journeys.instances
    inner join segments.members
        on instances.customer_key = members.customer_key
        and instances.started_date >= members.valid_from_date
        and (
            instances.started_date < members.valid_to_date
            or members.valid_to_date is null
        )

)

select * from instance_segments
