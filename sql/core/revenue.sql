/*
description: >
  Every amount earned or given back, once: orders, refunds and paid invoice lines. The only input
  of value, attribution and return on spend.
grain: [kind, namespace, revenue_id]
columns:
  kind: {type: string, description: 'order, refund, subscription (invoice line of a subscription) or other (any other line).'}
  namespace: {type: string, description: Namespace in which revenue_id is unique within its kind.}
  revenue_id: {type: string, description: 'Order, refund, or invoice and line.'}
  customer_id: {type: string, description: Who paid; null if unknown.}
  customer_key: {type: int64, description: Join key of customer_id.}
  order_id: {type: string, description: Order of an order or refund; else null.}
  subscription_id: {type: string, description: Subscription of an invoice line; else null.}
  amount: {type: "decimal(18,4)", description: 'Amount without tax, refunds negative.'}
  currency: {type: string, description: ISO 4217 currency of amount.}
  reporting_amount: {type: "decimal(18,4)", description: Amount at the rate of original_date; null without a rate.}
  reporting_currency: {type: string, description: The pipeline's currency.}
  original_date: {type: date, description: Local day of the sale it belongs to; of a refund the day of its order.}
  revenue_date: {type: date, description: Local day it was earned or given back.}
  revenue_at: {type: timestamp, description: When it was earned or given back.}
*/
with

order_revenue as (

    select
        'order' as kind,
        namespace,
        order_id as revenue_id,
        customer_id,
        customer_key,
        order_id,
        cast(null as varchar) as subscription_id,
        gross_amount - discount_amount as amount,
        currency,
        ordered_date as original_date,
        ordered_at as revenue_at
    from core.orders

),

running_refunds as (

    select
        orders.customer_id,
        orders.customer_key,
        orders.currency,
        orders.ordered_date,
        orders.gross_amount - orders.discount_amount as charged_amount,
        refunds.namespace,
        refunds.order_id,
        refunds.refund_id,
        refunds.amount,
        refunds.refunded_at,
        sum(refunds.amount) over (
            partition by refunds.namespace, refunds.order_id
            order by refunds.refunded_at, refunds.refund_id
            rows between unbounded preceding and current row
        ) as running_amount
    from core.orders
    inner join inbound.refunds
        on orders.namespace = refunds.namespace
        and orders.order_id = refunds.order_id

),

-- No more is given back than was charged: the refund that crosses the line is cut there.
refund_revenue as (

    select
        'refund' as kind,
        namespace,
        refund_id as revenue_id,
        customer_id,
        customer_key,
        order_id,
        cast(null as varchar) as subscription_id,
        least(running_amount - amount, charged_amount) - least(running_amount, charged_amount)
            as amount,
        currency,
        ordered_date as original_date,
        refunded_at as revenue_at
    from running_refunds

),

invoice_revenue as (

    select
        case when subscription_id is null then 'other' else 'subscription' end as kind,
        namespace,
        invoice_id || '/' || line_id as revenue_id,
        customer_id,
        customer_key,
        cast(null as varchar) as order_id,
        subscription_id,
        amount,
        currency,
        local_date(paid_at, $timezone) as original_date,
        paid_at as revenue_at
    from core.invoice_lines
    where is_paid

),

all_revenue as (

    select * from order_revenue
    union all
    select * from refund_revenue
    union all
    select * from invoice_revenue

),

revenue as (

    select
        all_revenue.kind,
        all_revenue.namespace,
        all_revenue.revenue_id,
        all_revenue.customer_id,
        all_revenue.customer_key,
        all_revenue.order_id,
        all_revenue.subscription_id,
        cast(all_revenue.amount as decimal(18, 4)) as amount,
        all_revenue.currency,
        cast(all_revenue.amount * exchange_rates.rate as decimal(18, 4)) as reporting_amount,
        $currency as reporting_currency,
        all_revenue.original_date,
        local_date(all_revenue.revenue_at, $timezone) as revenue_date,
        all_revenue.revenue_at
    from all_revenue
    left join core.exchange_rates
        on all_revenue.currency = exchange_rates.currency
        and all_revenue.original_date >= exchange_rates.valid_from_date
        and (
            all_revenue.original_date < exchange_rates.valid_to_date
            or exchange_rates.valid_to_date is null
        )

)

select * from revenue
