/*
description: >
  What each touch before an order is credited with, by the rules of `attribution: models` that look
  at one order at a time. Credits of an order sum to one conversion and to its revenue.
grain: [model, namespace, order_id, touch_number]
columns:
  model: {type: string, description: 'first, last, last_non_direct, linear, position or time_decay.'}
  namespace: {type: string, description: Namespace in which order_id is unique.}
  order_id: {type: string, description: The order.}
  touch_number: {type: int64, description: 'Place of the touch, from 1.'}
  channel: {type: string, description: Channel of the touch.}
  conversion_credit: {type: "decimal(18,4)", description: Share of the one conversion.}
  revenue_credit: {type: "decimal(18,4)", description: Share of the revenue.}
  ordered_date: {type: date, description: Local day of the order.}
*/
with

paths as (

    select
        namespace,
        order_id,
        revenue,
        ordered_date,
        array_agg(channel order by touch_number) as channels,
        array_agg(microseconds_before order by touch_number) as ages
    from journeys.order_touches
    group by namespace, order_id, revenue, ordered_date

),

credits as (

    select
        models.model,
        paths.namespace,
        paths.order_id,
        paths.ordered_date,
        unnest(attribution(
            paths.channels,
            models.model,
            1,
            paths.ages,
            $attribution_half_life_seconds * 1000000
        )) as conversion,
        unnest(attribution(
            paths.channels,
            models.model,
            paths.revenue,
            paths.ages,
            $attribution_half_life_seconds * 1000000
        )) as revenue
    from paths
    cross join config.attribution_models as models
    where models.model not in ('markov', 'shapley')

),

attribution as (

    select
        model,
        namespace,
        order_id,
        conversion['position'] as touch_number,
        conversion['channel'] as channel,
        conversion['credit'] as conversion_credit,
        revenue['credit'] as revenue_credit,
        ordered_date
    from credits

)

select * from attribution
