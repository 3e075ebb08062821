/*
description: >
  Responses of Delighted, by kind of survey: recommendation from 0 to 10, satisfaction and effort
  from 1 to 5. Other kinds are left out.
*/
select
    id as response_id,
    $source || '.' || survey_type as survey_id,
    survey_type as kind,
    score,
    case survey_type when 'nps' then 0 else 1 end as scale_min,
    case survey_type when 'nps' then 10 else 5 end as scale_max,
    created_at as answered_at,
    case when email is not null then 'email' else $namespace || '.person' end as respondent_type,
    coalesce(email, person_id) as respondent_id,
    channel
from source
where survey_type in ('nps', 'csat', 'ces')
