/*
description: >
  Survey responses that count: complete, scored within the scale, and the last one a respondent
  gave in a wave. An anonymous response is a respondent of its own. A survey about a touchpoint
  has no waves unless the export names them.
grain: [namespace, response_id]
columns:
  namespace: {type: string, description: Namespace in which response_id is unique.}
  response_id: {type: string, description: Id of the response.}
  customer_id: {type: string, description: Who answered; null if anonymous.}
  customer_key: {type: int64, description: Join key of customer_id.}
  survey_id: {type: string, description: The survey.}
  kind: {type: string, description: 'nps, csat or ces.'}
  wave: {type: string, description: 'Wave of the survey: named by the export, else the calendar quarter; null for touchpoint surveys.'}
  channel: {type: string, description: Channel of the survey; Unassigned if not told.}
  touchpoint_event_id: {type: string, description: Event the survey asked about.}
  score: {type: int64, description: The score.}
  scale_min: {type: int64, description: 'Lowest score; 0 for nps and 1 otherwise if not told.'}
  scale_max: {type: int64, description: 'Highest score; 10 for nps, 5 for csat and 7 for ces if not told.'}
  answered_date: {type: date, description: Local day of the answer.}
  answered_at: {type: timestamp, description: When it was answered.}
checks:
  - score between scale_min and scale_max
*/
with

complete_responses as (

    select
        *,
        coalesce(scale_min, case when kind = 'nps' then 0 else 1 end) as lowest_score,
        coalesce(
            scale_max,
            case
                when kind = 'nps' then 10
                when kind = 'csat' then 5
                else 7
            end
        ) as highest_score,
        coalesce(
            wave,
            case
                when touchpoint_event_id is null
                    then cast(period_start(answered_at, 'quarter', $timezone) as varchar)
            end
        ) as survey_wave,
        short_key(entity_key(
            respondent_type,
            case
                when respondent_type = 'email' then normalize_email(respondent_id)
                else respondent_id
            end
        )) as identifier_key
    from inbound.survey_responses
    where coalesce(is_complete, true)

),

ranked_responses as (

    select
        complete_responses.*,
        identities.customer_id,
        identities.customer_key,
        row_number() over (
            partition by
                complete_responses.namespace,
                complete_responses.survey_id,
                complete_responses.kind,
                complete_responses.survey_wave,
                case
                    when complete_responses.survey_wave is null or identities.customer_id is null
                        then complete_responses.response_id
                    else identities.customer_id
                end
            order by complete_responses.answered_at desc, complete_responses.response_id desc
        ) as answer_rank
    from complete_responses
    left join core.identities
        on complete_responses.identifier_key = identities.identifier_key
    where complete_responses.score between lowest_score and highest_score

),

surveys as (

    select
        namespace,
        response_id,
        customer_id,
        customer_key,
        survey_id,
        kind,
        survey_wave as wave,
        coalesce(channel, 'Unassigned') as channel,
        touchpoint_event_id,
        score,
        lowest_score as scale_min,
        highest_score as scale_max,
        local_date(answered_at, $timezone) as answered_date,
        answered_at
    from ranked_responses
    where answer_rank = 1

)

select * from surveys
