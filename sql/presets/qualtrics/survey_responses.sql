/*
description: >
  Responses of a Qualtrics export. Previews, tests, spam and imported responses are left out. The
  respondent is the address the survey was sent to; without one the response is anonymous.
*/
select
    response_id,
    $survey_id as survey_id,
    $survey_kind as kind,
    survey_score as score,
    $survey_scale_min as scale_min,
    $survey_scale_max as scale_max,
    recorded_at as answered_at,
    case when recipient_email is not null then 'email' end as respondent_type,
    recipient_email as respondent_id,
    distribution_channel as channel,
    coalesce(is_finished, true) as is_complete
from source
where coalesce(status, '0') in ('0', 'IP Address')
