/*
description: >
  Scores of each survey per month of answering. Surveys with different scales stay apart. The
  response rate is of the requests sent in the month, whenever they were answered. A month in which
  requests were sent and nobody answered has a row for each kind of the survey, on the scale of the
  answers before it, else of those after it.
grain: [survey_id, kind, scale_min, scale_max, period_start_date]
requires: [survey_responses]
columns:
  survey_id: {type: string, description: The survey.}
  kind: {type: string, description: 'nps, csat or ces; unknown while nobody ever answered the survey.'}
  scale_min: {type: int64, description: Lowest score; 0 where the kind is unknown.}
  scale_max: {type: int64, description: Highest score; 0 where the kind is unknown.}
  period_start_date: {type: date, description: Local month of the answers and of the requests.}
  response_count: {type: int64, description: 'Responses that count: complete and the last of the respondent in the wave.'}
  mean_score: {type: float64, description: Mean score; null without responses.}
  promoter_count: {type: int64, description: Scores 9 and 10 of an nps survey; else null.}
  detractor_count: {type: int64, description: Scores 0 to 6 of an nps survey; else null.}
  nps:
    type: float64
    description: Net promoter score, -100 to 100; null unless the kind is nps and somebody answered.
    definition: 100 * (promoters - detractors) / responses
    authority: Bain, netpromotersystem.com
    edge_cases:
      - Of a respondent's answers in a wave the last one counts.
      - Scales other than 0 to 10 are another survey.
  nps_standard_error:
    type: float64
    description: Standard error of nps; null unless the kind is nps.
    definition: 100 * sqrt((p + d - (p - d)^2) / n), p and d the shares of promoters and detractors
    authority: 'Cybaea, variance of the net promoter score (2016)'
    edge_cases:
      - 0 for a single answer.
  csat_pct:
    type: float64
    description: 'Percentage in the two highest scores, 0 to 100; null unless the kind is csat.'
    definition: 100 * answers in the two highest scores / answers
  ces_index:
    type: float64
    description: Percentage of 6 and 7 less that of 1 to 3; null unless the kind is ces on a scale of 1 to 7.
    definition: 100 * (count of 6..7 - count of 1..3) / responses
    authority: CES 2.0
  ces_top3_pct:
    type: float64
    description: 'Percentage of 5 to 7; null unless the kind is ces on a scale of 1 to 7.'
    definition: 100 * count of 5..7 / responses
    authority: CES 2.0
  invited_count: {type: int64, description: Requests sent in the month; null if no requests are known.}
  answered_invitation_count: {type: int64, description: Those of them that were answered; null if no requests are known.}
  response_rate:
    type: float64
    description: answered_invitation_count over invited_count; null below min_cell requests.
    definition: answered_invitation_count / invited_count
    edge_cases:
      - Requests that nobody answered are a rate of 0.
      - A respondent who answers twice in a wave counts once.
  response_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval; null where response_rate is., authority: Wilson 1927}
  response_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval; null where response_rate is., authority: Wilson 1927}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days.'}
  is_suppressed: {type: bool, description: Whether scores are withheld because response_count is positive and below min_cell.}
checks:
  - nps between -100 and 100 or nps is null
*/
with

responses as (

    select
        *,
        kind = 'ces' and scale_min = 1 and scale_max = 7 as is_seven_point_effort,
        period_start(answered_date, 'month') as period_start_date
    from core.surveys

),

score_sums as (

    select
        survey_id,
        kind,
        scale_min,
        scale_max,
        period_start_date,
        count(*) as response_count,
        sum(score) as score_sum,
        case when kind = 'nps' then count(*) filter (where score >= 9) end as promoter_count,
        case when kind = 'nps' then count(*) filter (where score <= 6) end as detractor_count,
        nps(score) filter (where kind = 'nps') as nps,
        nps_se(score) filter (where kind = 'nps') as nps_standard_error,
        csat(score, scale_max) filter (where kind = 'csat') as csat_pct,
        ces_index(score) filter (where is_seven_point_effort) as ces_index,
        ces_top3(score) filter (where is_seven_point_effort) as ces_top3_pct
    from responses
    group by survey_id, kind, scale_min, scale_max, period_start_date

),

invitation_sums as (

    select
        survey_id,
        period_start(sent_date, 'month') as period_start_date,
        count(*) as invited_count,
        count(*) filter (where is_answered) as answered_invitation_count
    from core.survey_invitations
    group by survey_id, period_start(sent_date, 'month')

),

silent_months as (

    select
        invitation_sums.survey_id,
        invitation_sums.period_start_date
    from invitation_sums
    left anti join score_sums
        on invitation_sums.survey_id = score_sums.survey_id
        and invitation_sums.period_start_date = score_sums.period_start_date

),

silent_scales as (

    select
        silent_months.survey_id,
        silent_months.period_start_date,
        coalesce(score_sums.kind, 'unknown') as kind,
        coalesce(score_sums.scale_min, 0) as scale_min,
        coalesce(score_sums.scale_max, 0) as scale_max,
        row_number() over (
            partition by
                silent_months.survey_id,
                silent_months.period_start_date,
                score_sums.kind
            order by
                score_sums.period_start_date > silent_months.period_start_date,
                abs(cast(
                    score_sums.period_start_date - silent_months.period_start_date as bigint
                )),
                score_sums.scale_min,
                score_sums.scale_max
        ) as scale_rank
    from silent_months
    left join score_sums
        on silent_months.survey_id = score_sums.survey_id

),

silent_sums as (

    select
        survey_id,
        kind,
        scale_min,
        scale_max,
        period_start_date,
        0 as response_count,
        case when kind = 'nps' then 0 end as promoter_count,
        case when kind = 'nps' then 0 end as detractor_count
    from silent_scales
    where scale_rank = 1

),

all_sums as (

    select * from score_sums
    union all by name
    select * from silent_sums

),

months as (

    select
        all_sums.*,
        invitation_sums.invited_count,
        invitation_sums.answered_invitation_count,
        all_sums.response_count > 0
            and all_sums.response_count < settings.min_cell as is_suppressed,
        case
            when invitation_sums.invited_count >= settings.min_cell
                then invitation_sums.invited_count
        end as shown_invited_count,
        all_sums.period_start_date + interval '1 month'
            <= $as_of_date + 1 - settings.late_days as is_complete
    from all_sums
    cross join config.settings as settings
    left join invitation_sums
        on all_sums.survey_id = invitation_sums.survey_id
        and all_sums.period_start_date = invitation_sums.period_start_date

),

survey_scores as (

    select
        survey_id,
        kind,
        scale_min,
        scale_max,
        period_start_date,
        response_count,
        case when not is_suppressed then rate(score_sum, response_count) end as mean_score,
        case when not is_suppressed then promoter_count end as promoter_count,
        case when not is_suppressed then detractor_count end as detractor_count,
        case when not is_suppressed then nps end as nps,
        case when not is_suppressed then nps_standard_error end as nps_standard_error,
        case when not is_suppressed then csat_pct end as csat_pct,
        case when not is_suppressed then ces_index end as ces_index,
        case when not is_suppressed then ces_top3_pct end as ces_top3_pct,
        invited_count,
        answered_invitation_count,
        rate(answered_invitation_count, shown_invited_count) as response_rate,
        wilson_low(answered_invitation_count, shown_invited_count) as response_wilson_low,
        wilson_high(answered_invitation_count, shown_invited_count) as response_wilson_high,
        is_complete,
        is_suppressed
    from months

)

select * from survey_scores
