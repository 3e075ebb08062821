/*
description: >
  Every unit of an experiment with whether its person reached the goal within the window after the
  first exposure, whatever became of the exposure: intention to treat. What is not declared under
  `experiments:` is judged by orders within 14 days.
grain: [experiment_id, unit_type, unit_id]
columns:
  experiment_id: {type: string, description: The experiment.}
  unit_type: {type: string, description: '<namespace>.<kind> of unit_id.'}
  unit_id: {type: string, pii: identifier, description: Who was exposed.}
  variant: {type: string, description: Variant of the first exposure.}
  is_mixed: {type: bool, description: Whether the unit saw more than one variant.}
  is_converted: {type: bool, description: Whether the goal was reached within the window.}
  is_complete: {type: bool, description: Whether the window was over by $as_of.}
  first_exposed_at: {type: timestamp, description: First exposure.}
*/
with

assignments as (

    select
        assignments.experiment_id,
        assignments.unit_type,
        assignments.unit_id,
        assignments.customer_key,
        assignments.variant,
        assignments.is_mixed,
        assignments.first_exposed_at,
        experiments.experiment_id is not null as is_declared,
        coalesce(experiments.window_seconds, 14 * 86400) * 1000000 as window_microseconds
    from core.experiment_assignments as assignments
    left join config.experiments
        on assignments.experiment_id = experiments.experiment_id

),

reached_units as (

    select
        assignments.experiment_id,
        assignments.unit_type,
        assignments.unit_id
    from assignments
    inner join journeys.experiment_goals
        on assignments.experiment_id = experiment_goals.experiment_id
        and assignments.customer_key = experiment_goals.customer_key
    where microseconds_between(assignments.first_exposed_at, experiment_goals.occurred_at)
        between 0 and assignments.window_microseconds
    union
    select
        assignments.experiment_id,
        assignments.unit_type,
        assignments.unit_id
    from assignments
    inner join core.orders
        on assignments.customer_key = orders.customer_key
    where not assignments.is_declared
        and microseconds_between(assignments.first_exposed_at, orders.ordered_at)
            between 0 and assignments.window_microseconds

),

experiment_outcomes as (

    select
        assignments.experiment_id,
        assignments.unit_type,
        assignments.unit_id,
        assignments.variant,
        assignments.is_mixed,
        reached_units.unit_id is not null as is_converted,
        microseconds_between(assignments.first_exposed_at, $as_of)
            > assignments.window_microseconds as is_complete,
        assignments.first_exposed_at
    from assignments
    left join reached_units
        on assignments.experiment_id = reached_units.experiment_id
        and assignments.unit_type = reached_units.unit_type
        and assignments.unit_id = reached_units.unit_id

)

select * from experiment_outcomes
