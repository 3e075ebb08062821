/*
description: >
  The stages of the journey map, per month in which stays began: how many came, how long they
  stayed, and how many left the journey there. Durations are of stays that ended, so young months
  lean to short ones (censored_count says how many still last).
grain: [journey, period_start_date, stage]
requires: [config.journeys]
columns:
  journey: {type: string, description: The declared journey.}
  journey_version: {type: string, description: Version of the map.}
  period_start_date: {type: date, description: Local month in which the stays began.}
  stage: {type: string, description: The stage.}
  stage_number: {type: int64, description: 'Place of the stage in the journey, from 1.'}
  goal: {type: string, description: What the company wants of the stage; null if not declared.}
  customer_question: {type: string, description: What the customer asks in it; null if not declared.}
  owner: {type: string, description: Who answers for it in the company; null if not declared.}
  links: {type: string, description: 'Documents about it, one a line; null if none is declared.'}
  visit_count: {type: int64, description: Stays that began.}
  customer_count: {type: int64, description: Different persons.}
  step_count: {type: int64, description: Touchpoints within the stays.}
  converted_count: {type: int64, description: Stays that ended with the goal of the journey.}
  abandoned_count: {type: int64, description: Stays in which the journey was abandoned.}
  censored_count: {type: int64, description: Stays that still last.}
  abandoned_rate: {type: float64, description: abandoned_count over stays that ended.}
  abandoned_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  abandoned_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  median_duration_seconds: {type: float64, description: Median of stays that ended.}
  p90_duration_seconds: {type: float64, description: 90th percentile of stays that ended.}
  target_seconds: {type: int64, description: How long the stage should last; null without target.}
  within_target_rate: {type: float64, description: Share of ended stays within the target; null without target.}
  nps_response_count: {type: int64, description: Answers to nps surveys during the stays.}
  nps:
    type: float64
    description: 'Net promoter score of these answers, -100 to 100; null if fewer than min_cell.'
    definition: 100 * (promoters - detractors) / answers during the stays
    authority: Bain, netpromotersystem.com
  mention_count: {type: int64, description: Public mentions during the stays that state a sentiment.}
  mean_sentiment_score: {type: float64, description: 'Mean sentiment of these mentions as exported, -1 to 1; null if fewer than min_cell.'}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days, and no stay still lasts.'}
  is_suppressed: {type: bool, description: 'Whether rates and durations are withheld because fewer than min_cell persons came.'}
checks:
  - converted_count + abandoned_count + censored_count <= visit_count
*/
with

visits as (

    select
        *,
        period_start(entered_at, 'month', $timezone) as period_start_date
    from journeys.stage_visits

),

stage_sums as (

    select
        journey,
        period_start_date,
        stage,
        count(*) as visit_count,
        count(distinct customer_key) as customer_count,
        sum(step_count) as step_count,
        count(*) filter (where outcome = 'converted') as converted_count,
        count(*) filter (where outcome = 'abandoned') as abandoned_count,
        count(*) filter (where is_censored) as censored_count,
        count(*) filter (where not is_censored) as ended_count,
        count(*) filter (where not is_censored and not is_over_target) as within_target_count,
        quantile_exact(duration_seconds, [0.5, 0.9]) filter (where not is_censored)
            as duration_quantiles
    from visits
    group by journey, period_start_date, stage

),

shown_sums as (

    select
        stage_sums.*,
        stage_sums.customer_count < settings.min_cell as is_suppressed,
        settings.min_cell,
        settings.late_days
    from stage_sums
    cross join config.settings as settings

),

nodes as (

    select
        shown_sums.journey,
        journeys.journey_version,
        shown_sums.period_start_date,
        shown_sums.stage,
        stages.stage_number,
        stages.goal,
        stages.customer_question,
        stages.owner,
        stages.links,
        shown_sums.visit_count,
        shown_sums.customer_count,
        shown_sums.step_count,
        shown_sums.converted_count,
        shown_sums.abandoned_count,
        shown_sums.censored_count,
        case when not is_suppressed then rate(abandoned_count, ended_count) end
            as abandoned_rate,
        case when not is_suppressed then wilson_low(abandoned_count, ended_count) end
            as abandoned_wilson_low,
        case when not is_suppressed then wilson_high(abandoned_count, ended_count) end
            as abandoned_wilson_high,
        case when not is_suppressed then duration_quantiles[1] end as median_duration_seconds,
        case when not is_suppressed then duration_quantiles[2] end as p90_duration_seconds,
        stages.target_seconds,
        case
            when not is_suppressed and stages.target_seconds is not null
                then rate(within_target_count, ended_count)
        end as within_target_rate,
        coalesce(feedback.nps_response_count, 0) as nps_response_count,
        case
            when feedback.nps_response_count >= shown_sums.min_cell
                then rate(
                    (feedback.promoter_count - feedback.detractor_count) * 100,
                    feedback.nps_response_count
                )
        end as nps,
        coalesce(feedback.mention_count, 0) as mention_count,
        case
            when feedback.mention_count >= shown_sums.min_cell
                then rate(feedback.sentiment_sum, feedback.mention_count)
        end as mean_sentiment_score,
        shown_sums.censored_count = 0
            and shown_sums.period_start_date + interval '1 month'
                <= $as_of_date + 1 - shown_sums.late_days as is_complete,
        shown_sums.is_suppressed
    from shown_sums
    inner join config.journeys
        on shown_sums.journey = journeys.journey
    inner join config.stages
        on shown_sums.journey = stages.journey
        and shown_sums.stage = stages.stage
    left join journeys.stage_feedback as feedback
        on shown_sums.journey = feedback.journey
        and shown_sums.period_start_date = feedback.period_start_date
        and shown_sums.stage = feedback.stage

)

select * from nodes
