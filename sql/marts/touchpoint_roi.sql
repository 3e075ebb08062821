/*
description: >
  What each channel cost and what it is credited with, per local month and attribution model.
grain: [period_start_date, model, channel]
requires: [ad_spend, orders]
columns:
  period_start_date: {type: date, description: Local month.}
  model: {type: string, description: Attribution model.}
  channel: {type: string, description: Channel.}
  cost: {type: "decimal(18,4)", description: 'Spend of the month in the reporting currency; null if none is known.'}
  conversion_credit: {type: float64, description: Orders credited to the channel; 0 if none.}
  revenue_credit: {type: "decimal(18,4)", description: Revenue credited to the channel; 0 if none.}
  currency: {type: string, description: The pipeline's currency.}
  revenue_share: {type: float64, description: revenue_credit over the revenue of the month.}
  return_on_ad_spend_ratio:
    type: float64
    description: revenue_credit over cost; null without cost.
    definition: revenue_credit / cost
    authority: 'Snowplow, return on advertising spend'
  return_on_investment_ratio:
    type: float64
    description: revenue_credit less cost over cost; null without cost.
    definition: (revenue_credit - cost) / cost
  cost_per_order: {type: float64, description: cost over conversion_credit; null without cost or orders.}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days.'}
  is_suppressed: {type: bool, description: Whether credits are withheld because fewer than min_cell customers ordered.}
*/
with

spend_sums as (

    select
        period_start(spend.spend_date, 'month') as period_start_date,
        spend.channel,
        cast(sum(spend.cost * exchange_rates.rate) as decimal(18, 4)) as cost
    from core.spend
    inner join core.exchange_rates
        on spend.currency = exchange_rates.currency
        and spend.spend_date >= exchange_rates.valid_from_date
        and (
            spend.spend_date < exchange_rates.valid_to_date
            or exchange_rates.valid_to_date is null
        )
    group by period_start(spend.spend_date, 'month'), spend.channel

),

month_models as (

    select
        period_start_date,
        model,
        sum(revenue_credit) as month_revenue,
        bool_and(is_complete) as is_complete,
        bool_or(is_suppressed) as is_suppressed
    from marts.attribution
    group by period_start_date, model

),

-- Money that brought nothing in has a row too.
spending_models as (

    select
        spend_sums.period_start_date,
        month_models.model,
        spend_sums.channel,
        spend_sums.cost
    from spend_sums
    inner join month_models
        on spend_sums.period_start_date = month_models.period_start_date

),

channels as (

    select
        coalesce(credits.period_start_date, spending_models.period_start_date)
            as period_start_date,
        coalesce(credits.model, spending_models.model) as model,
        coalesce(credits.channel, spending_models.channel) as channel,
        spending_models.cost,
        credits.model is null as is_without_credit,
        credits.conversion_credit,
        credits.revenue_credit
    from marts.attribution as credits
    full join spending_models
        on credits.period_start_date = spending_models.period_start_date
        and credits.model = spending_models.model
        and credits.channel = spending_models.channel

),

shown_channels as (

    select
        channels.period_start_date,
        channels.model,
        channels.channel,
        channels.cost,
        case
            when month_models.is_suppressed then null
            when channels.is_without_credit then 0
            else channels.conversion_credit
        end as conversion_credit,
        case
            when month_models.is_suppressed then null
            when channels.is_without_credit then 0
            else channels.revenue_credit
        end as revenue_credit,
        month_models.month_revenue,
        month_models.is_complete,
        month_models.is_suppressed
    from channels
    inner join month_models
        on channels.period_start_date = month_models.period_start_date
        and channels.model = month_models.model

),

touchpoint_roi as (

    select
        period_start_date,
        model,
        channel,
        cost,
        cast(conversion_credit as double) as conversion_credit,
        cast(revenue_credit as decimal(18, 4)) as revenue_credit,
        $currency as currency,
        rate(revenue_credit, month_revenue) as revenue_share,
        rate(revenue_credit, cost) as return_on_ad_spend_ratio,
        rate(revenue_credit - cost, cost) as return_on_investment_ratio,
        rate(cost, cast(conversion_credit as decimal(18, 6))) as cost_per_order,
        is_complete,
        is_suppressed
    from shown_channels

)

select * from touchpoint_roi
