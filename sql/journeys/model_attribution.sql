/*
description: >
  Orders and revenue of each local month shared out among channels by models that look at all paths
  at once: those of orders, and for markov those of people who had touches in the month and did not
  order. Revenue follows the orders.
grain: [period_start_date, model, channel]
columns:
  period_start_date: {type: date, description: Local month of the orders.}
  model: {type: string, description: markov or shapley.}
  channel: {type: string, description: The channel.}
  conversion_credit: {type: "decimal(18,6)", description: Orders credited to the channel.}
  revenue_credit: {type: "decimal(18,4)", description: Revenue credited to the channel.}
*/
with

order_paths as (

    select
        period_start(ordered_date, 'month') as period_start_date,
        namespace,
        order_id,
        customer_key,
        revenue,
        array_agg(channel order by touch_number) as channels
    from journeys.order_touches
    group by period_start(ordered_date, 'month'), namespace, order_id, customer_key, revenue

),

month_sums as (

    select
        period_start_date,
        count(*) as order_count,
        sum(revenue) as revenue
    from order_paths
    group by period_start_date

),

month_touches as (

    select
        customer_key,
        kind,
        namespace,
        touch_id,
        channel,
        period_start(touched_at, 'month', $timezone) as period_start_date,
        touched_at
    from journeys.touches

),

lost_paths as (

    select
        month_touches.period_start_date,
        month_touches.customer_key,
        array_agg(
            month_touches.channel
            order by
                month_touches.touched_at,
                month_touches.kind,
                month_touches.namespace,
                month_touches.touch_id
        ) as channels
    from month_touches
    left semi join month_sums
        on month_touches.period_start_date = month_sums.period_start_date
    left anti join order_paths
        on month_touches.period_start_date = order_paths.period_start_date
        and month_touches.customer_key = order_paths.customer_key
    group by month_touches.period_start_date, month_touches.customer_key

),

paths as (

    select period_start_date, channels, 1 as conversion_count, 0 as lost_count
    from order_paths
    union all
    select period_start_date, channels, 0 as conversion_count, 1 as lost_count
    from lost_paths

),

model_credits as (

    select
        period_start_date,
        'markov' as model,
        unnest(markov_attribution(channels, conversion_count, lost_count)) as credit
    from paths
    group by period_start_date
    union all
    select
        period_start_date,
        'shapley' as model,
        unnest(shapley_attribution(channels, conversion_count)) as credit
    from paths
    group by period_start_date

),

wanted_credits as (

    select
        model_credits.period_start_date,
        model_credits.model,
        model_credits.credit['channel'] as channel,
        cast(model_credits.credit['conversions'] as decimal(18, 6)) as conversion_credit
    from model_credits
    left semi join config.attribution_models as models
        on model_credits.model = models.model

),

running_credits as (

    select
        *,
        sum(conversion_credit) over in_order as running_credit,
        lead(channel) over in_order is null as is_last
    from wanted_credits
    window in_order as (
        partition by period_start_date, model
        order by channel
        rows between unbounded preceding and current row
    )

),

-- To round the running total makes the parts sum to the whole.
running_revenue as (

    select
        running_credits.*,
        case
            when running_credits.is_last then cast(month_sums.revenue as decimal(18, 4))
            else cast(
                rate(running_credits.running_credit, month_sums.order_count)
                    * cast(month_sums.revenue as double)
                as decimal(18, 4)
            )
        end as running_revenue
    from running_credits
    inner join month_sums
        on running_credits.period_start_date = month_sums.period_start_date

),

model_attribution as (

    select
        period_start_date,
        model,
        channel,
        conversion_credit,
        cast(
            running_revenue - coalesce(
                lag(running_revenue) over (
                    partition by period_start_date, model
                    order by channel
                ),
                0
            ) as decimal(18, 4)
        ) as revenue_credit
    from running_revenue

)

select * from model_attribution
