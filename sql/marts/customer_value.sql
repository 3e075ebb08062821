/*
description: >
  What each customer has been worth so far, and the purchase history that value models need
  (frequency, recency and age as in Fader and Hardie: purchases of one local day are one).
grain: [customer_id]
requires: [orders]
columns:
  customer_id: {type: string, description: The customer.}
  currency: {type: string, description: The pipeline's currency.}
  historic_value: {type: "decimal(18,4)", description: 'All revenue so far, refunds off.'}
  order_value: {type: "decimal(18,4)", description: 'Revenue of orders, refunds off.'}
  subscription_value: {type: "decimal(18,4)", description: Revenue of paid subscription invoices.}
  average_order_value: {type: float64, description: order_value per order; null without orders.}
  monetary_value: {type: float64, description: 'Mean net amount of purchase days after the first; 0 if there was one day, null if none.'}
  order_count: {type: int64, description: 'Orders, fully refunded ones too.'}
  frequency: {type: int64, description: Purchase days after the first; null without purchases.}
  recency_days: {type: int64, description: Days between first and last purchase day; null without purchases.}
  age_days: {type: int64, description: 'Days between first purchase day and $as_of_date; null without purchases.'}
  days_since_last_order: {type: int64, description: 'Days between last purchase day and $as_of_date; null without purchases.'}
  is_subscriber: {type: bool, description: Whether a subscription invoice was ever paid.}
  first_order_date: {type: date, description: First local purchase day.}
  last_order_date: {type: date, description: Last local purchase day.}
checks:
  - frequency >= 0 and recency_days >= 0 and age_days >= recency_days
*/
with

order_counts as (

    select
        customer_key,
        count(*) as order_count
    from core.orders
    where customer_key is not null
    group by customer_key

),

-- An order that was given back in full is no purchase.
purchase_days as (

    select
        customer_key,
        ordered_date,
        sum(reporting_net_amount) as net_amount
    from core.orders
    where customer_key is not null
        and not is_fully_refunded
    group by customer_key, ordered_date

),

purchase_histories as (

    select
        customer_key,
        count(*) - 1 as frequency,
        min(ordered_date) as first_order_date,
        max(ordered_date) as last_order_date,
        sum(net_amount) - first_value(net_amount order by ordered_date) as repeat_amount
    from purchase_days
    group by customer_key

),

revenue_sums as (

    select
        customer_key,
        sum(reporting_amount) as historic_value,
        sum(reporting_amount) filter (where kind in ('order', 'refund')) as order_value,
        sum(reporting_amount) filter (where kind = 'subscription') as subscription_value
    from core.revenue
    where customer_key is not null
    group by customer_key

),

customer_value as (

    select
        customers.customer_id,
        $currency as currency,
        cast(coalesce(revenue_sums.historic_value, 0) as decimal(18, 4)) as historic_value,
        cast(coalesce(revenue_sums.order_value, 0) as decimal(18, 4)) as order_value,
        cast(coalesce(revenue_sums.subscription_value, 0) as decimal(18, 4))
            as subscription_value,
        rate(coalesce(revenue_sums.order_value, 0), order_counts.order_count)
            as average_order_value,
        case
            when purchase_histories.frequency = 0 then cast(0 as double)
            else rate(purchase_histories.repeat_amount, purchase_histories.frequency)
        end as monetary_value,
        coalesce(order_counts.order_count, 0) as order_count,
        purchase_histories.frequency,
        cast(purchase_histories.last_order_date - purchase_histories.first_order_date as bigint)
            as recency_days,
        cast($as_of_date - purchase_histories.first_order_date as bigint) as age_days,
        cast($as_of_date - purchase_histories.last_order_date as bigint)
            as days_since_last_order,
        revenue_sums.subscription_value is not null as is_subscriber,
        purchase_histories.first_order_date,
        purchase_histories.last_order_date
    from core.customers
    left join order_counts
        on customers.customer_key = order_counts.customer_key
    left join purchase_histories
        on customers.customer_key = purchase_histories.customer_key
    left join revenue_sums
        on customers.customer_key = revenue_sums.customer_key

)

select * from customer_value
