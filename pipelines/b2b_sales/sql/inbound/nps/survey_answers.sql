/*
description: Why clients would or would not recommend the company.
*/
select
    response_id,
    'why' as question_id,
    comment as answer_text
from source
where comment is not null
