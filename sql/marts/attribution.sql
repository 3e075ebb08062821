/*
description: >
  Orders and revenue shared out among the channels that came before them, per local month of the
  order and model. Rules look at one order at a time; markov and shapley at all paths of the month,
  those of people who did not order among them. Every model hands out all orders and all revenue.
grain: [period_start_date, model, channel]
requires: [events, orders]
columns:
  period_start_date: {type: date, description: Local month of the orders.}
  model: {type: string, description: 'first, last, last_non_direct, linear, position, time_decay, markov or shapley.'}
  channel: {type: string, description: 'Channel; Unassigned for orders without any touch.'}
  conversion_credit:
    type: float64
    description: Orders credited to the channel.
    definition: sum over orders of the share that the model gives the channel
    authority: 'Snowplow, attribution models; markov: removal effects; shapley: Shapley 1953'
    edge_cases:
      - 'The credits of a model sum to the orders, and so does the revenue.'
      - 'position: 100 to one touch, 50 each to two, else 40 to the first, 20 to those between, 40 to the last.'
      - An order without any touch within the lookback belongs to Unassigned.
  conversion_share: {type: float64, description: conversion_credit over the orders of the month.}
  revenue_credit: {type: "decimal(18,4)", description: Revenue credited to the channel.}
  currency: {type: string, description: The pipeline's currency.}
  order_count: {type: int64, description: Orders of the month.}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days.'}
  is_suppressed: {type: bool, description: Whether credits are withheld because fewer than min_cell customers ordered.}
*/
with

month_sums as (

    select
        period_start(ordered_date, 'month') as period_start_date,
        count(*) as order_count,
        count(distinct customer_key) as customer_count
    from journeys.order_touches
    where touch_number = 1
    group by period_start(ordered_date, 'month')

),

credits as (

    select
        period_start(ordered_date, 'month') as period_start_date,
        model,
        channel,
        cast(sum(conversion_credit) as decimal(18, 6)) as conversion_credit,
        cast(sum(revenue_credit) as decimal(18, 4)) as revenue_credit
    from journeys.attribution
    group by period_start(ordered_date, 'month'), model, channel
    union all
    select period_start_date, model, channel, conversion_credit, revenue_credit
    from journeys.model_attribution

),

shown_credits as (

    select
        credits.*,
        month_sums.order_count,
        credits.period_start_date + interval '1 month'
            <= $as_of_date + 1 - settings.late_days as is_complete,
        month_sums.customer_count < settings.min_cell as is_suppressed
    from credits
    cross join config.settings as settings
    inner join month_sums
        on credits.period_start_date = month_sums.period_start_date

),

attribution as (

    select
        period_start_date,
        model,
        channel,
        case when not is_suppressed then cast(conversion_credit as double) end
            as conversion_credit,
        case when not is_suppressed then rate(conversion_credit, order_count) end
            as conversion_share,
        case when not is_suppressed then revenue_credit end as revenue_credit,
        $currency as currency,
        order_count,
        is_complete,
        is_suppressed
    from shown_credits

)

select * from attribution
