/*
description: The thank-you mail after a sale asks for the survey `nps`.
*/
select
    id as invitation_id,
    'nps' as survey_id,
    created as sent_at,
    'email' as respondent_type,
    recipient as respondent_id
from source
where type = 'DELIVERED'
    and email_campaign_id = 'feedback'
    and recipient is not null
