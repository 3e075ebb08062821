/*
description: >
  Responses of a Typeform export. The respondent is the e-mail address; without one the response is anonymous.
*/
select
    response_id,
    $survey_id as survey_id,
    $survey_kind as kind,
    survey_score as score,
    $survey_scale_min as scale_min,
    $survey_scale_max as scale_max,
    answered_at,
    case when email is not null then 'email' end as respondent_type,
    email as respondent_id,
    coalesce(response_type, 'completed') = 'completed' as is_complete
from source
