/*
description: >
  How each variant of an experiment did against the control, by first exposure whatever came after
  it. Units that saw several variants are left out and counted. Where the sizes of the variants do
  not fit the planned shares (sample-ratio mismatch) nothing else here can be trusted.
grain: [experiment_id, variant]
requires: [experiment_assignments]
columns:
  experiment_id: {type: string, description: The experiment.}
  variant: {type: string, description: The variant.}
  is_control: {type: bool, description: Whether the others are compared with it.}
  unit_count: {type: int64, description: Units that saw this variant alone.}
  mixed_unit_count: {type: int64, description: Units of the experiment that saw several variants and are left out.}
  converted_count: {type: int64, description: Units that reached the goal within the window.}
  conversion_rate: {type: float64, description: converted_count over unit_count.}
  conversion_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  conversion_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  control_conversion_rate: {type: float64, description: conversion_rate of the control.}
  lift:
    type: float64
    description: conversion_rate less that of the control; null for the control.
    definition: conversion rate of the variant - that of the control
    edge_cases:
      - Units count by the variant of their first exposure; those who saw two variants are left out and counted in mixed_unit_count.
  lift_low: {type: float64, description: Lower bound of its 95 % interval., authority: Newcombe 1998 method 10}
  lift_high: {type: float64, description: Upper bound of its 95 % interval., authority: Newcombe 1998 method 10}
  lift_p: {type: float64, description: Two-sided p value of equal rates; null for the control.}
  relative_lift_ratio: {type: float64, description: lift over control_conversion_rate.}
  sample_ratio_p:
    type: float64
    description: p value of the planned shares; one for the whole experiment.
    definition: chi-square test of the units per variant against the planned shares
    authority: Pearson 1900
  has_sample_ratio_mismatch: {type: bool, description: Whether sample_ratio_p is below 0.001.}
  is_large_enough: {type: bool, description: 'Whether variant and control each have 5 successes and 5 failures, below which lift_p misleads.'}
  is_complete: {type: bool, description: Whether the window of every unit of the experiment was over by $as_of.}
  is_suppressed: {type: bool, description: Whether rates and comparisons are withheld because variant or control has fewer than min_cell units.}
checks:
  - converted_count <= unit_count
*/
with

variant_sums as (

    select
        experiment_id,
        variant,
        count(*) as unit_count,
        count(*) filter (where is_converted) as converted_count
    from journeys.experiment_outcomes
    where not is_mixed
    group by experiment_id, variant

),

experiment_sums as (

    select
        experiment_id,
        count(*) filter (where is_mixed) as mixed_unit_count,
        bool_and(is_complete) as is_complete
    from journeys.experiment_outcomes
    group by experiment_id

),

first_variants as (

    select
        experiment_id,
        min(variant) as variant
    from variant_sums
    group by experiment_id

),

-- A planned variant that nobody saw is a mismatch too.
planned_variants as (

    select
        coalesce(variant_sums.experiment_id, plans.experiment_id) as experiment_id,
        coalesce(variant_sums.unit_count, 0) as unit_count,
        coalesce(plans.planned_share, 0) as planned_share
    from variant_sums
    full join config.experiment_variants as plans
        on variant_sums.experiment_id = plans.experiment_id
        and variant_sums.variant = plans.variant

),

ratios as (

    select
        experiment_id,
        case
            when sum(planned_share) > 0 then chi2_p(unit_count, planned_share)
            else chi2_p(unit_count, 1)
        end as sample_ratio_p
    from planned_variants
    group by experiment_id

),

controls as (

    select
        variant_sums.experiment_id,
        variant_sums.variant,
        variant_sums.unit_count,
        variant_sums.converted_count
    from variant_sums
    inner join first_variants
        on variant_sums.experiment_id = first_variants.experiment_id
    left join config.experiments
        on variant_sums.experiment_id = experiments.experiment_id
    where variant_sums.variant = coalesce(experiments.control, first_variants.variant)

),

compared_variants as (

    select
        variant_sums.experiment_id,
        variant_sums.variant,
        variant_sums.variant = controls.variant as is_control,
        variant_sums.unit_count,
        experiment_sums.mixed_unit_count,
        variant_sums.converted_count,
        controls.converted_count as control_converted_count,
        controls.unit_count as control_unit_count,
        ratios.sample_ratio_p,
        least(variant_sums.converted_count, controls.converted_count) >= 5
            and least(
                variant_sums.unit_count - variant_sums.converted_count,
                controls.unit_count - controls.converted_count
            ) >= 5 as is_large_enough,
        experiment_sums.is_complete,
        least(variant_sums.unit_count, coalesce(controls.unit_count, 0)) < settings.min_cell
            as is_suppressed
    from variant_sums
    cross join config.settings as settings
    inner join experiment_sums
        on variant_sums.experiment_id = experiment_sums.experiment_id
    inner join ratios
        on variant_sums.experiment_id = ratios.experiment_id
    left join controls
        on variant_sums.experiment_id = controls.experiment_id

),

-- What rates are of; null where too few units stand behind them.
bases as (

    select
        *,
        case when not is_suppressed then unit_count end as shown_count,
        case when not is_suppressed then control_unit_count end as shown_control_count,
        case when not is_suppressed and not is_control then unit_count end as compared_count
    from compared_variants

),

lifts as (

    select
        *,
        rate(converted_count, shown_count) as conversion_rate,
        rate(control_converted_count, shown_control_count) as control_conversion_rate,
        newcombe_diff_low(
            converted_count, compared_count, control_converted_count, shown_control_count
        ) as lift_low,
        newcombe_diff_high(
            converted_count, compared_count, control_converted_count, shown_control_count
        ) as lift_high,
        two_prop_p(converted_count, compared_count, control_converted_count, shown_control_count)
            as lift_p
    from bases

),

experiments as (

    select
        experiment_id,
        variant,
        is_control,
        unit_count,
        mixed_unit_count,
        converted_count,
        conversion_rate,
        wilson_low(converted_count, shown_count) as conversion_wilson_low,
        wilson_high(converted_count, shown_count) as conversion_wilson_high,
        control_conversion_rate,
        case when not is_control then conversion_rate - control_conversion_rate end as lift,
        lift_low,
        lift_high,
        lift_p,
        case when not is_control and control_conversion_rate > 0
            then (conversion_rate - control_conversion_rate) / control_conversion_rate
        end as relative_lift_ratio,
        sample_ratio_p,
        sample_ratio_p < 0.001 as has_sample_ratio_mismatch,
        is_large_enough,
        is_complete,
        is_suppressed
    from lifts

)

select * from experiments
