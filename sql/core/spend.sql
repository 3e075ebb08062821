/*
description: Advertising cost and reach per local day, channel and campaign.
grain: [spend_date, channel, campaign, currency]
columns:
  spend_date: {type: date, description: Local day.}
  channel: {type: string, description: Channel the money went to.}
  campaign: {type: string, description: Campaign; Unassigned if not told.}
  currency: {type: string, description: ISO 4217 currency of cost.}
  impression_count: {type: int64, description: Times shown; null if no export tells it.}
  click_count: {type: int64, description: Times clicked; null if no export tells it.}
  cost: {type: "decimal(18,4)", description: Money spent.}
*/
with

spend as (

    select
        spend_date,
        channel,
        coalesce(campaign, 'Unassigned') as campaign,
        currency,
        sum(impressions) as impression_count,
        sum(clicks) as click_count,
        cast(sum(cost) as decimal(18, 4)) as cost
    from inbound.ad_spend
    where spend_date <= $as_of_date
    group by spend_date, channel, coalesce(campaign, 'Unassigned'), currency

)

select * from spend
