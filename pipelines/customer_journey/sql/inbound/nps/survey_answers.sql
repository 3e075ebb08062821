/*
description: What respondents wrote beside their score.
*/
select
    response_id,
    'Q2' as question_id,
    comment as answer_text
from source
where coalesce(status, '0') in ('0', 'IP Address')
    and comment is not null
