/*
description: >
  Customers scored 1 to 5 by recency, frequency and value of their orders, by fifths of all
  customers with orders; 5 is best, and ties are broken by customer_id.
grain: [customer_id]
columns:
  customer_id: {type: string, description: The customer.}
  customer_key: {type: int64, description: Join key of customer_id.}
  recency_score: {type: int64, description: '5: bought last.'}
  frequency_score: {type: int64, description: '5: bought on most days.'}
  monetary_score: {type: int64, description: '5: spent most.'}
  segment: {type: string, description: 'champions, loyal, new, at_risk, hibernating or others.'}
  order_day_count: {type: int64, description: Local days with an order that was not given back in full.}
  net_amount: {type: "decimal(18,4)", description: 'Net amount of those orders in the reporting currency.'}
  last_order_date: {type: date, description: Last of those days.}
*/
with

order_sums as (

    select
        customer_id,
        customer_key,
        count(distinct ordered_date) as order_day_count,
        cast(coalesce(sum(reporting_net_amount), 0) as decimal(18, 4)) as net_amount,
        max(ordered_date) as last_order_date
    from core.orders
    where customer_key is not null
        and not is_fully_refunded
    group by customer_id, customer_key

),

scores as (

    select
        *,
        cast(ntile(5) over (order by last_order_date, customer_id) as bigint) as recency_score,
        cast(ntile(5) over (order by order_day_count, customer_id) as bigint) as frequency_score,
        cast(ntile(5) over (order by net_amount, customer_id) as bigint) as monetary_score
    from order_sums

),

rfm as (

    select
        customer_id,
        customer_key,
        recency_score,
        frequency_score,
        monetary_score,
        case
            when recency_score >= 4 and frequency_score >= 4 and monetary_score >= 4
                then 'champions'
            when recency_score >= 3 and frequency_score >= 4 then 'loyal'
            when recency_score >= 4 and order_day_count = 1 then 'new'
            when recency_score <= 2 and frequency_score >= 4 then 'at_risk'
            when recency_score <= 2 and frequency_score <= 2 then 'hibernating'
            else 'others'
        end as segment,
        order_day_count,
        net_amount,
        last_order_date
    from scores

)

select * from rfm
