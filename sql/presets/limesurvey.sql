/*
description: >
  Responses of a LimeSurvey export. One that was never submitted counts from the last thing its
  respondent did; without any date it is left out. The respondent is the e-mail address, else the token.
*/
select
    id as response_id,
    $survey_id as survey_id,
    $survey_kind as kind,
    survey_score as score,
    $survey_scale_min as scale_min,
    $survey_scale_max as scale_max,
    coalesce(submitted_at, last_action_at, started_at) as answered_at,
    case
        when email is not null then 'email'
        when token is not null then $namespace || '.participant'
    end as respondent_type,
    coalesce(email, token) as respondent_id,
    submitted_at is not null as is_complete
from source
where coalesce(submitted_at, last_action_at, started_at) is not null
