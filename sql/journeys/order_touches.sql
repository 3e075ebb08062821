/*
description: >
  The touches of the buyer within the lookback before each order, the earliest first. An order
  without any has one row, Unassigned. Orders that were given back in full convert nobody.
grain: [namespace, order_id, touch_number]
columns:
  namespace: {type: string, description: Namespace in which order_id is unique.}
  order_id: {type: string, description: The order.}
  touch_number: {type: int64, description: 'Place of the touch, from 1.'}
  customer_key: {type: int64, description: Who bought.}
  channel: {type: string, description: Channel of the touch; Unassigned if there was none.}
  microseconds_before: {type: int64, description: Microseconds from the touch to the order; 0 if there was none.}
  revenue: {type: "decimal(18,4)", description: 'Net amount of the order in the reporting currency; 0 without a rate.'}
  ordered_date: {type: date, description: Local day of the order.}
checks:
  - microseconds_before >= 0
*/
with

conversions as (

    select
        orders.namespace,
        orders.order_id,
        orders.customer_key,
        coalesce(orders.reporting_net_amount, 0) as revenue,
        orders.ordered_date,
        orders.ordered_at,
        attribution.lookback_seconds * 1000000 as lookback_microseconds
    from core.orders
    cross join config.attribution
    where orders.customer_key is not null
        and not orders.is_fully_refunded

),

preceding_touches as (

    select
        conversions.namespace,
        conversions.order_id,
        touches.kind,
        touches.namespace as touch_namespace,
        touches.touch_id,
        touches.channel,
        touches.touched_at,
        microseconds_between(touches.touched_at, conversions.ordered_at) as microseconds_before
    from conversions
    inner join journeys.touches
        on conversions.customer_key = touches.customer_key
    where microseconds_between(touches.touched_at, conversions.ordered_at) >= 0
        and microseconds_between(touches.touched_at, conversions.ordered_at)
            < conversions.lookback_microseconds

),

numbered_touches as (

    select
        *,
        row_number() over (
            partition by namespace, order_id
            order by touched_at, kind, touch_namespace, touch_id
        ) as touch_number
    from preceding_touches

),

order_touches as (

    select
        conversions.namespace,
        conversions.order_id,
        cast(coalesce(numbered_touches.touch_number, 1) as bigint) as touch_number,
        conversions.customer_key,
        coalesce(numbered_touches.channel, 'Unassigned') as channel,
        coalesce(numbered_touches.microseconds_before, 0) as microseconds_before,
        cast(conversions.revenue as decimal(18, 4)) as revenue,
        conversions.ordered_date
    from conversions
    left join numbered_touches
        on conversions.namespace = numbered_touches.namespace
        and conversions.order_id = numbered_touches.order_id

)

select * from order_touches
