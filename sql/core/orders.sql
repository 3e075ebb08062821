/*
description: >
  Orders that became sales, with what was given back on them. Orders cancelled before they were
  paid are left out.
grain: [namespace, order_id]
columns:
  namespace: {type: string, description: Namespace in which order_id is unique.}
  order_id: {type: string, description: Id of the order.}
  customer_id: {type: string, description: Who bought; null for a guest without e-mail address.}
  customer_key: {type: int64, description: Join key of customer_id.}
  currency: {type: string, description: ISO 4217 currency of the amounts.}
  payment_method: {type: string, description: How it was paid.}
  sales_channel: {type: string, description: Where it was sold.}
  status: {type: string, description: Status in the shop's words.}
  gross_amount: {type: "decimal(18,4)", description: 'Price of the goods before discount, without shipping and tax.'}
  discount_amount: {type: "decimal(18,4)", description: Discount on the goods.}
  refunded_amount: {type: "decimal(18,4)", description: 'Given back up to $as_of, never more than was charged.'}
  net_amount: {type: "decimal(18,4)", description: gross_amount - discount_amount - refunded_amount.}
  reporting_currency: {type: string, description: The pipeline's currency.}
  reporting_net_amount: {type: "decimal(18,4)", description: net_amount at the rate of the order date; null without a rate.}
  is_fully_refunded: {type: bool, description: Whether everything that was charged was given back.}
  is_refund_clipped: {type: bool, description: Whether more was given back than was charged.}
  ordered_date: {type: date, description: Local day of the order.}
  ordered_at: {type: timestamp, description: When the order was placed.}
checks:
  - refunded_amount >= 0
  - net_amount = gross_amount - discount_amount - refunded_amount
*/
with

sales as (

    select
        namespace,
        order_id,
        currency,
        payment_method,
        sales_channel,
        status,
        gross_amount,
        coalesce(discount_amount, 0) as discount_amount,
        gross_amount - coalesce(discount_amount, 0) as charged_amount,
        local_date(ordered_at, $timezone) as ordered_date,
        ordered_at,
        short_key(coalesce(
            entity_key(buyer_type, buyer_id),
            entity_key('email', normalize_email(email))
        )) as identifier_key
    from inbound.orders
    where cancelled_at is null
        or cancelled_at >= $as_of
        or cancelled_at >= paid_at

),

refund_totals as (

    select
        namespace,
        order_id,
        sum(amount) as amount
    from inbound.refunds
    group by namespace, order_id

),

refunded_sales as (

    select
        sales.*,
        coalesce(refund_totals.amount, 0) > sales.charged_amount as is_refund_clipped,
        least(coalesce(refund_totals.amount, 0), sales.charged_amount) as refunded_amount
    from sales
    left join refund_totals
        on sales.namespace = refund_totals.namespace
        and sales.order_id = refund_totals.order_id

),

orders as (

    select
        refunded_sales.namespace,
        refunded_sales.order_id,
        identities.customer_id,
        identities.customer_key,
        refunded_sales.currency,
        refunded_sales.payment_method,
        refunded_sales.sales_channel,
        refunded_sales.status,
        refunded_sales.gross_amount,
        cast(refunded_sales.discount_amount as decimal(18, 4)) as discount_amount,
        cast(refunded_sales.refunded_amount as decimal(18, 4)) as refunded_amount,
        cast(refunded_sales.charged_amount - refunded_sales.refunded_amount as decimal(18, 4))
            as net_amount,
        $currency as reporting_currency,
        cast(
            (refunded_sales.charged_amount - refunded_sales.refunded_amount) * exchange_rates.rate
            as decimal(18, 4)
        ) as reporting_net_amount,
        refunded_sales.refunded_amount > 0
            and refunded_sales.refunded_amount = refunded_sales.charged_amount
            as is_fully_refunded,
        refunded_sales.is_refund_clipped,
        refunded_sales.ordered_date,
        refunded_sales.ordered_at
    from refunded_sales
    left join core.identities
        on refunded_sales.identifier_key = identities.identifier_key
    left join core.exchange_rates
        on refunded_sales.currency = exchange_rates.currency
        and refunded_sales.ordered_date >= exchange_rates.valid_from_date
        and (
            refunded_sales.ordered_date < exchange_rates.valid_to_date
            or exchange_rates.valid_to_date is null
        )

)

select * from orders
