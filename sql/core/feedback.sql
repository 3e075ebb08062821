/*
description: >
  What people said in their own words: answers to open questions of surveys whose response counts,
  and public mentions, with the score given beside it.
grain: [kind, namespace, feedback_id]
columns:
  kind: {type: string, description: 'survey or mention.'}
  namespace: {type: string, description: Namespace in which feedback_id is unique within its kind.}
  feedback_id: {type: string, description: 'Response and question, or mention.'}
  customer_key: {type: int64, description: The person; null if unknown.}
  subject: {type: string, description: The survey or network.}
  feedback_text: {type: string, pii: free_text, description: What was said.}
  score: {type: int64, description: 'Score of the response or stars of the mention; null if none.'}
  scale_min: {type: int64, description: Lowest score.}
  scale_max: {type: int64, description: Highest score.}
  said_date: {type: date, description: Local day.}
*/
with

feedback as (

    select
        'survey' as kind,
        surveys.namespace,
        surveys.response_id || '/' || survey_answers.question_id as feedback_id,
        surveys.customer_key,
        surveys.survey_id as subject,
        survey_answers.answer_text as feedback_text,
        surveys.score,
        surveys.scale_min,
        surveys.scale_max,
        surveys.answered_date as said_date
    from core.surveys
    inner join inbound.survey_answers
        on surveys.namespace = survey_answers.namespace
        and surveys.response_id = survey_answers.response_id
    left anti join config.competitor_questions
        on survey_answers.question_id = competitor_questions.question_id
    where survey_answers.answer_text is not null
    union all
    select
        'mention' as kind,
        namespace,
        mention_id as feedback_id,
        customer_key,
        network as subject,
        mention_text as feedback_text,
        rating as score,
        1 as scale_min,
        5 as scale_max,
        published_date as said_date
    from core.social_mentions
    where mention_text is not null
        and not is_controlled

)

select * from feedback
