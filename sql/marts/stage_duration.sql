/*
description: >
  How long people stay in each stage of a declared journey, per local month in which the stays began.
  Those still in a stage have lasted at least so long: the Kaplan-Meier median counts them, so that
  young months do not look fast; the median of ended stays leaves them out and leans to short ones.
grain: [journey, period_start_date, stage]
requires: [config.journeys]
columns:
  journey: {type: string, description: The declared journey.}
  journey_version: {type: string, description: Version of the map.}
  period_start_date: {type: date, description: Local month in which the stays began.}
  stage: {type: string, description: The stage.}
  stage_number: {type: int64, description: 'Place of the stage in the journey, from 1.'}
  visit_count: {type: int64, description: Stays.}
  customer_count: {type: int64, description: Different persons.}
  ended_count: {type: int64, description: Stays that ended.}
  censored_count: {type: int64, description: Stays that still last.}
  km_median_seconds:
    type: float64
    description: Kaplan-Meier median; null where more than half outlast what was seen.
    definition: time at which the Kaplan-Meier survival of stays falls to one half
    authority: Kaplan and Meier 1958
    edge_cases:
      - Stays that still last count until $as_of, so that young months do not lean to short ones.
  km_median_low_seconds: {type: float64, description: Lower bound of its 95 % interval., authority: Brookmeyer and Crowley 1982}
  km_median_high_seconds: {type: float64, description: Upper bound of its 95 % interval; null where it is open., authority: Brookmeyer and Crowley 1982}
  median_ended_seconds: {type: float64, description: Median of stays that ended.}
  p90_ended_seconds: {type: float64, description: 90th percentile of stays that ended.}
  target_seconds: {type: int64, description: How long the stage should last; null without target.}
  within_target_count: {type: int64, description: Ended stays within the target; null without target.}
  judged_count: {type: int64, description: 'Stays that ended or are over the target already; null without target.'}
  within_target_rate: {type: float64, description: within_target_count over judged_count.}
  within_target_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  within_target_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days, and no stay still lasts.'}
  is_suppressed: {type: bool, description: Whether times and rates are withheld because of min_cell persons.}
checks:
  - ended_count + censored_count = visit_count
  - within_target_count <= judged_count or judged_count is null
*/
with

sums as (

    select
        journey,
        period_start(entered_at, 'month', $timezone) as period_start_date,
        stage,
        stage_number,
        count(*) as visit_count,
        count(distinct customer_key) as customer_count,
        count(*) filter (where not is_censored) as ended_count,
        count(*) filter (where is_censored) as censored_count,
        km_median(duration_seconds, not is_censored) as km_median_seconds,
        km_median_low(duration_seconds, not is_censored) as km_median_low_seconds,
        km_median_high(duration_seconds, not is_censored) as km_median_high_seconds,
        quantile_exact(duration_seconds, [0.5, 0.9]) filter (where not is_censored)
            as ended_quantiles,
        max(target_seconds) as target_seconds,
        count(*) filter (where not is_censored and not is_over_target) as within_target_count,
        count(*) filter (where is_over_target or not is_censored) as judged_count
    from journeys.stage_visits
    group by journey, period_start(entered_at, 'month', $timezone), stage, stage_number

),

shown_sums as (

    select
        sums.*,
        journeys.journey_version,
        sums.customer_count < settings.min_cell as is_suppressed,
        sums.target_seconds is not null as has_target,
        case
            when sums.customer_count >= settings.min_cell and sums.target_seconds is not null
                then sums.judged_count
        end as shown_judged_count,
        sums.censored_count = 0
            and sums.period_start_date + interval '1 month'
                <= $as_of_date + 1 - settings.late_days as is_complete
    from sums
    cross join config.settings as settings
    inner join config.journeys
        on sums.journey = journeys.journey

),

stage_duration as (

    select
        journey,
        journey_version,
        period_start_date,
        stage,
        stage_number,
        visit_count,
        customer_count,
        ended_count,
        censored_count,
        case when not is_suppressed then km_median_seconds end as km_median_seconds,
        case when not is_suppressed then km_median_low_seconds end as km_median_low_seconds,
        case when not is_suppressed then km_median_high_seconds end as km_median_high_seconds,
        case when not is_suppressed then ended_quantiles[1] end as median_ended_seconds,
        case when not is_suppressed then ended_quantiles[2] end as p90_ended_seconds,
        target_seconds,
        case when has_target then within_target_count end as within_target_count,
        case when has_target then judged_count end as judged_count,
        rate(within_target_count, shown_judged_count) as within_target_rate,
        wilson_low(within_target_count, shown_judged_count) as within_target_wilson_low,
        wilson_high(within_target_count, shown_judged_count) as within_target_wilson_high,
        is_complete,
        is_suppressed
    from shown_sums

)

select * from stage_duration
