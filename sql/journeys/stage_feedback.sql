/*
description: >
  What people answered and published while they were in a stage of a declared journey, per local month
  in which the stays began. It need not be about the stage.
grain: [journey, period_start_date, stage]
columns:
  journey: {type: string, description: The declared journey.}
  period_start_date: {type: date, description: Local month in which the stays began.}
  stage: {type: string, description: The stage.}
  nps_response_count: {type: int64, description: Answers to nps surveys.}
  promoter_count: {type: int64, description: Those of 9 and 10.}
  detractor_count: {type: int64, description: Those of 0 to 6.}
  mention_count: {type: int64, description: Public mentions that state a sentiment.}
  sentiment_sum: {type: "decimal(18,4)", description: 'Their sentiments, from -1 to 1 each, added up.'}
checks:
  - promoter_count + detractor_count <= nps_response_count
*/
with

opinions as (

    select
        customer_key,
        answered_at as occurred_at,
        score,
        cast(null as decimal(18, 4)) as sentiment_score
    from core.surveys
    where kind = 'nps'
        and customer_key is not null
    union all
    select
        customer_key,
        published_at as occurred_at,
        cast(null as bigint) as score,
        cast(sentiment_score as decimal(18, 4)) as sentiment_score
    from core.social_mentions
    where sentiment_score is not null
        and customer_key is not null

),

stage_feedback as (

    select
        visits.journey,
        period_start(visits.entered_at, 'month', $timezone) as period_start_date,
        visits.stage,
        count(opinions.score) as nps_response_count,
        count(*) filter (where opinions.score >= 9) as promoter_count,
        count(*) filter (where opinions.score <= 6) as detractor_count,
        count(opinions.sentiment_score) as mention_count,
        cast(coalesce(sum(opinions.sentiment_score), 0) as decimal(18, 4)) as sentiment_sum
    from journeys.stage_visits as visits
    inner join opinions
        on visits.customer_key = opinions.customer_key
        and opinions.occurred_at >= visits.entered_at
        and (
            opinions.occurred_at < visits.left_at
            or visits.left_at is null
        )
    group by visits.journey, period_start(visits.entered_at, 'month', $timezone), visits.stage

)

select * from stage_feedback
