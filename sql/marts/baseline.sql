/*
description: >
  Each declared journey per local month against its baseline, the first complete month in which at
  least min_cell persons began it: what moved since the zero measurement, with the interval of the
  difference. Months differ in more than what the company did.
grain: [journey, metric, period_start_date]
requires: [config.journeys]
columns:
  journey: {type: string, description: The declared journey.}
  metric: {type: string, description: conversion_rate or conforming_rate.}
  period_start_date: {type: date, description: Local month.}
  baseline_start_date: {type: date, description: Month compared with; null while there is none.}
  instance_count: {type: int64, description: 'Instances that the metric is of: ended ones for conversion_rate.'}
  value: {type: float64, description: The metric in the month.}
  baseline_instance_count: {type: int64, description: The same of the baseline.}
  baseline_value: {type: float64, description: The metric in the baseline.}
  difference: {type: float64, description: value less baseline_value; null for the baseline itself.}
  difference_low: {type: float64, description: Lower bound of its 95 % interval., authority: Newcombe 1998 method 10}
  difference_high: {type: float64, description: Upper bound of its 95 % interval., authority: Newcombe 1998 method 10}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days, and no instance of it is open.'}
  is_suppressed: {type: bool, description: Whether values are withheld because of min_cell persons.}
*/
with

measures as (

    select
        journey,
        'conversion_rate' as metric,
        period_start_date,
        instance_count - open_count as instance_count,
        converted_count as success_count,
        is_complete,
        is_suppressed
    from marts.journey_conversion
    union all
    select
        journey,
        'conforming_rate' as metric,
        period_start_date,
        instance_count,
        conforming_count as success_count,
        is_complete,
        is_suppressed
    from marts.journey_conversion

),

baseline_dates as (

    select
        journey,
        metric,
        min(period_start_date) as baseline_start_date
    from measures
    where is_complete
        and not is_suppressed
    group by journey, metric

),

baselines as (

    select
        measures.journey,
        measures.metric,
        measures.period_start_date as baseline_start_date,
        measures.instance_count,
        measures.success_count
    from measures
    inner join baseline_dates
        on measures.journey = baseline_dates.journey
        and measures.metric = baseline_dates.metric
        and measures.period_start_date = baseline_dates.baseline_start_date

),

-- What values are of; null where too few persons stand behind them.
compared_measures as (

    select
        measures.*,
        baselines.baseline_start_date,
        baselines.instance_count as baseline_instance_count,
        baselines.success_count as baseline_success_count,
        case when not measures.is_suppressed then measures.instance_count end as shown_count,
        case
            when not measures.is_suppressed
                and measures.period_start_date != baselines.baseline_start_date
                then measures.instance_count
        end as compared_count
    from measures
    left join baselines
        on measures.journey = baselines.journey
        and measures.metric = baselines.metric

),

baseline as (

    select
        journey,
        metric,
        period_start_date,
        baseline_start_date,
        instance_count,
        rate(success_count, shown_count) as value,
        baseline_instance_count,
        rate(baseline_success_count, baseline_instance_count) as baseline_value,
        rate(success_count, compared_count)
            - rate(baseline_success_count, baseline_instance_count) as difference,
        newcombe_diff_low(
            success_count, compared_count, baseline_success_count, baseline_instance_count
        ) as difference_low,
        newcombe_diff_high(
            success_count, compared_count, baseline_success_count, baseline_instance_count
        ) as difference_high,
        is_complete,
        is_suppressed
    from compared_measures

)

select * from baseline
