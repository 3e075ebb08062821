/*
description: Requests to answer a survey, and whether the person did.
grain: [namespace, invitation_id]
columns:
  namespace: {type: string, description: Namespace in which invitation_id is unique.}
  invitation_id: {type: string, description: Id of the invitation.}
  survey_id: {type: string, description: The survey.}
  customer_id: {type: string, description: Who was asked; null if unknown.}
  customer_key: {type: int64, description: Join key of customer_id.}
  is_answered: {type: bool, description: Whether a response of the person that counts came after the request.}
  sent_date: {type: date, description: Local day of the request.}
  sent_at: {type: timestamp, description: When it was sent.}
*/
with

invitations as (

    select
        namespace,
        invitation_id,
        survey_id,
        sent_at,
        short_key(entity_key(
            respondent_type,
            case
                when respondent_type = 'email' then normalize_email(respondent_id)
                else respondent_id
            end
        )) as identifier_key
    from inbound.survey_invitations

),

last_answers as (

    select
        survey_id,
        customer_key,
        max(answered_at) as answered_at
    from core.surveys
    where customer_key is not null
    group by survey_id, customer_key

),

survey_invitations as (

    select
        invitations.namespace,
        invitations.invitation_id,
        invitations.survey_id,
        identities.customer_id,
        identities.customer_key,
        coalesce(last_answers.answered_at >= invitations.sent_at, false) as is_answered,
        local_date(invitations.sent_at, $timezone) as sent_date,
        invitations.sent_at
    from invitations
    left join core.identities
        on invitations.identifier_key = identities.identifier_key
    left join last_answers
        on invitations.survey_id = last_answers.survey_id
        and identities.customer_key = last_answers.customer_key

)

select * from survey_invitations
