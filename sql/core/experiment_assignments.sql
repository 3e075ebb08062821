/*
description: >
  Who was put into which variant of an experiment, by first exposure. A unit that saw several
  variants keeps the first and is marked, so that it can be left out and counted.
grain: [experiment_id, unit_type, unit_id]
columns:
  experiment_id: {type: string, description: The experiment.}
  unit_type: {type: string, description: '<namespace>.<kind> of unit_id.'}
  unit_id: {type: string, pii: identifier, description: 'Who was exposed: a cookie, a login, a customer.'}
  customer_id: {type: string, description: The person behind the unit.}
  customer_key: {type: int64, description: Join key of customer_id.}
  variant: {type: string, description: Variant of the first exposure; of several at one moment the alphabetically first.}
  variant_count: {type: int64, description: Different variants that the unit saw.}
  is_mixed: {type: bool, description: Whether the unit saw more than one variant.}
  first_exposed_at: {type: timestamp, description: First exposure.}
checks:
  - variant_count > 0
*/
with

exposures as (

    select
        experiment_id,
        unit_type,
        case when unit_type = 'email' then normalize_email(unit_id) else unit_id end as unit_id,
        variant,
        exposed_at
    from inbound.experiment_assignments

),

unit_sums as (

    select
        experiment_id,
        unit_type,
        unit_id,
        first_value(variant order by exposed_at, variant) as variant,
        count(distinct variant) as variant_count,
        min(exposed_at) as first_exposed_at
    from exposures
    group by experiment_id, unit_type, unit_id

),

experiment_assignments as (

    select
        unit_sums.experiment_id,
        unit_sums.unit_type,
        unit_sums.unit_id,
        identities.customer_id,
        identities.customer_key,
        unit_sums.variant,
        unit_sums.variant_count,
        unit_sums.variant_count > 1 as is_mixed,
        unit_sums.first_exposed_at
    from unit_sums
    left join core.identities
        on short_key(entity_key(unit_sums.unit_type, unit_sums.unit_id))
            = identities.identifier_key

)

select * from experiment_assignments
