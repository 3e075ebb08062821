/*
description: >
  New customers per local month of their first order and the channel of their first visit, with what
  was spent there, for every channel and all together. Money spent on a channel also brings back old
  customers, so that the cost per new one is the most it can have been.
grain: [period_start_date, channel]
requires: [orders]
columns:
  period_start_date: {type: date, description: Local month.}
  channel: {type: string, description: 'all, or the channel of the first visit within the lookback of the first order; Unassigned if there was none.'}
  new_customer_count: {type: int64, description: Customers whose first order it was.}
  cost: {type: "decimal(18,4)", description: 'Spend in the reporting currency; null if none is known.'}
  currency: {type: string, description: The pipeline's currency.}
  customer_acquisition_cost:
    type: float64
    description: cost over new_customer_count; null without either.
    definition: spend / new customers
  first_order_value: {type: float64, description: Mean revenue of the first orders.}
  value_90d: {type: float64, description: 'Mean revenue of orders in the 90 days from the first one on, of customers who had them.'}
  value_90d_to_cost_ratio: {type: float64, description: value_90d over customer_acquisition_cost; null without either.}
  is_complete: {type: bool, description: 'Whether the month and 90 days more are over, with late_days.'}
  is_suppressed: {type: bool, description: 'Whether means are withheld: fewer than min_cell customers, or needed so that those of another channel cannot be worked out.'}
checks:
  - new_customer_count >= 0
*/
with

ranked_orders as (

    select
        namespace,
        order_id,
        customer_key,
        coalesce(reporting_net_amount, 0) as revenue,
        ordered_date,
        row_number() over (
            partition by customer_key
            order by ordered_at, namespace, order_id
        ) as order_number,
        min(ordered_date) over (partition by customer_key) as first_ordered_date
    from core.orders
    where customer_key is not null
        and not is_fully_refunded

),

early_values as (

    select
        customer_key,
        sum(revenue) as value_90d
    from ranked_orders
    where ordered_date < first_ordered_date + 90
    group by customer_key

),

new_customers as (

    select
        ranked_orders.customer_key,
        order_touches.channel,
        period_start(ranked_orders.ordered_date, 'month') as period_start_date,
        ranked_orders.revenue as first_order_value,
        case
            when ranked_orders.ordered_date + 90 <= $as_of_date + 1 then early_values.value_90d
        end as value_90d
    from ranked_orders
    inner join journeys.order_touches
        on ranked_orders.namespace = order_touches.namespace
        and ranked_orders.order_id = order_touches.order_id
        and order_touches.touch_number = 1
    inner join early_values
        on ranked_orders.customer_key = early_values.customer_key
    where ranked_orders.order_number = 1

),

channel_sums as (

    select
        period_start_date,
        channel,
        count(*) as new_customer_count,
        sum(first_order_value) as first_order_value,
        sum(value_90d) as value_90d,
        count(value_90d) as followed_count
    from new_customers
    group by period_start_date, channel
    union all
    select
        period_start_date,
        'all' as channel,
        count(*) as new_customer_count,
        sum(first_order_value) as first_order_value,
        sum(value_90d) as value_90d,
        count(value_90d) as followed_count
    from new_customers
    group by period_start_date

),

spend_rows as (

    select
        period_start(spend.spend_date, 'month') as period_start_date,
        spend.channel,
        spend.cost * exchange_rates.rate as cost
    from core.spend
    inner join core.exchange_rates
        on spend.currency = exchange_rates.currency
        and spend.spend_date >= exchange_rates.valid_from_date
        and (
            spend.spend_date < exchange_rates.valid_to_date
            or exchange_rates.valid_to_date is null
        )

),

spend_sums as (

    select period_start_date, channel, sum(cost) as cost
    from spend_rows
    group by period_start_date, channel
    union all
    select period_start_date, 'all' as channel, sum(cost) as cost
    from spend_rows
    group by period_start_date

),

channels as (

    select
        coalesce(channel_sums.period_start_date, spend_sums.period_start_date)
            as period_start_date,
        coalesce(channel_sums.channel, spend_sums.channel) as channel,
        coalesce(channel_sums.new_customer_count, 0) as new_customer_count,
        channel_sums.first_order_value,
        channel_sums.value_90d,
        coalesce(channel_sums.followed_count, 0) as followed_count,
        cast(spend_sums.cost as decimal(18, 4)) as cost
    from channel_sums
    full join spend_sums
        on channel_sums.period_start_date = spend_sums.period_start_date
        and channel_sums.channel = spend_sums.channel

),

small_channels as (

    select
        channels.*,
        new_customer_count < min_cell as is_small,
        late_days
    from channels
    cross join (select min_cell, late_days from config.settings)

),

-- A single withheld channel would be what all others leave of the total: the next smallest keeps it
-- company.
withheld_channels as (

    select
        *,
        is_small or (
            channel != 'all'
            and count(*) filter (where is_small and channel != 'all') over month = 1
            and row_number() over (
                partition by period_start_date
                order by is_small or channel = 'all', new_customer_count, channel
            ) = 1
        ) as is_suppressed
    from small_channels
    window month as (partition by period_start_date)

),

acquisition as (

    select
        period_start_date,
        channel,
        new_customer_count,
        cost,
        $currency as currency,
        rate(cost, new_customer_count) as customer_acquisition_cost,
        case when not is_suppressed then rate(first_order_value, new_customer_count) end
            as first_order_value,
        case when not is_suppressed then rate(value_90d, followed_count) end as value_90d,
        case
            when not is_suppressed
                then rate(value_90d, followed_count) / rate(cost, new_customer_count)
        end as value_90d_to_cost_ratio,
        cast(period_start_date + interval '1 month' as date) + 90 <= $as_of_date + 1 - late_days
            as is_complete,
        is_suppressed
    from withheld_channels

)

select * from acquisition
