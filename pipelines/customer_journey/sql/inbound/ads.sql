/*
description: Advertising cost per day and campaign.
*/
select
    date as spend_date,
    channel,
    campaign,
    impressions,
    clicks,
    cost,
    currency
from source
