/*
description: >
  What each customer has been worth so far, the purchase history that value models need (frequency,
  recency and age as in Fader and Hardie: purchases of one local day are one), and what they foretell:
  purchases by the model that marts.model_scores found best, renewals by shifted beta-geometric.
grain: [customer_id]
requires: [orders or subscriptions]
columns:
  customer_id: {type: string, description: The customer.}
  currency: {type: string, description: The pipeline's currency.}
  historic_value: {type: "decimal(18,4)", description: 'All revenue so far, refunds off.'}
  order_value: {type: "decimal(18,4)", description: 'Revenue of orders, refunds off.'}
  subscription_value: {type: "decimal(18,4)", description: Revenue of paid subscription invoices.}
  average_order_value: {type: float64, description: order_value per order; null without orders.}
  monetary_value:
    type: float64
    description: 'Mean net amount of purchase days after the first; 0 if there was one day, null if none.'
    definition: mean net amount of a purchase day, the first day left out
    authority: Fader and Hardie, notes on the BG/NBD and gamma-gamma models
  order_count: {type: int64, description: 'Orders, fully refunded ones too.'}
  frequency:
    type: int64
    description: Purchase days after the first; null without purchases.
    definition: distinct local purchase days - 1
    authority: Fader and Hardie, notes on the BG/NBD and gamma-gamma models
    edge_cases:
      - Orders that were given back in full are no purchases.
  recency_days:
    type: int64
    description: Days between first and last purchase day; null without purchases.
    definition: last purchase day - first purchase day
    authority: Fader and Hardie, notes on the BG/NBD and gamma-gamma models
    edge_cases:
      - 'Not the recency of RFM, which is days_since_last_order.'
  age_days:
    type: int64
    description: 'Days between first purchase day and $as_of_date; null without purchases.'
    definition: $as_of_date - first purchase day
    authority: Fader and Hardie, notes on the BG/NBD and gamma-gamma models
  days_since_last_order: {type: int64, description: 'Days between last purchase day and $as_of_date; null without purchases.'}
  model: {type: string, description: 'Model of the purchase predictions: bg_nbd, mbg_nbd or pareto_nbd.'}
  p_alive:
    type: float64
    description: 'Chance that the customer still is one; no churn score, see churn_probability_365d.'
    definition: probability that the customer has not dropped out, given frequency, recency_days and age_days
    authority: 'Fader, Hardie and Lee 2005; Fader and Hardie 2013'
  p_active_90d:
    type: float64
    description: Chance of a purchase within 90 days.
    definition: probability of at least one purchase within 90 days
    authority: 'Fader, Hardie and Lee 2005; Fader and Hardie 2013'
  p_active_365d:
    type: float64
    description: Chance of a purchase within 365 days.
    definition: probability of at least one purchase within 365 days
    authority: 'Fader, Hardie and Lee 2005; Fader and Hardie 2013'
  churn_probability_365d: {type: float64, description: Chance of no purchase within 365 days.}
  expected_orders_90d:
    type: float64
    description: Purchase days to expect within 90 days.
    definition: conditional expectation of purchase days within 90 days
    authority: 'Fader, Hardie and Lee 2005; Fader and Hardie 2013'
  expected_orders_365d:
    type: float64
    description: Purchase days to expect within 365 days.
    definition: conditional expectation of purchase days within 365 days
    authority: 'Fader, Hardie and Lee 2005; Fader and Hardie 2013'
  expected_value_90d: {type: "decimal(18,4)", description: 'Net amount to expect within 90 days, not discounted.'}
  expected_value_365d: {type: "decimal(18,4)", description: 'Net amount to expect within 365 days, not discounted.'}
  purchase_clv_12m:
    type: "decimal(18,4)"
    description: Value of purchases in the next 12 months discounted by month.
    definition: expected purchase days of each month * expected value of one, discounted by month
    authority: 'Fader, Hardie and Lee 2005; Fader and Hardie 2013'
  purchase_reason: {type: string, description: Why a purchase prediction is null; null where none is.}
  contract_count: {type: int64, description: Contracts with an open term.}
  renewal_probability:
    type: float64
    description: Chance that the contract that is due first is renewed.
    definition: probability to renew once more, given the renewals so far
    authority: 'Fader and Hardie 2007, shifted beta-geometric'
  contract_clv_12m:
    type: "decimal(18,4)"
    description: Value of renewals in the next 12 months discounted by month.
    definition: price of the renewals due in the next 12 months * probability to reach each, discounted by month
    authority: 'Fader and Hardie 2007, shifted beta-geometric'
  contract_reason: {type: string, description: Why a contract prediction is null; null where none is.}
  clv_12m: {type: "decimal(18,4)", description: purchase_clv_12m and contract_clv_12m; null if both are.}
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
        purchase_histories.monetary_value,
        coalesce(order_counts.order_count, 0) as order_count,
        purchase_histories.frequency,
        purchase_histories.recency_days,
        purchase_histories.age_days,
        purchase_histories.age_days - purchase_histories.recency_days as days_since_last_order,
        next_year.model,
        next_year.p_alive,
        next_quarter.p_active as p_active_90d,
        next_year.p_active as p_active_365d,
        1 - next_year.p_active as churn_probability_365d,
        next_quarter.expected_orders as expected_orders_90d,
        next_year.expected_orders as expected_orders_365d,
        cast(next_quarter.expected_orders * value_predictions.expected_order_value
            as decimal(18, 4)) as expected_value_90d,
        cast(next_year.expected_orders * value_predictions.expected_order_value
            as decimal(18, 4)) as expected_value_365d,
        value_predictions.clv_12m as purchase_clv_12m,
        case
            when purchase_histories.customer_key is null then 'no purchases'
            else coalesce(next_year.reason, value_predictions.reason)
        end as purchase_reason,
        coalesce(contract_predictions.contract_count, 0) as contract_count,
        contract_predictions.renewal_probability,
        contract_predictions.contract_clv_12m,
        case
            when contract_predictions.customer_key is null then 'no contract with an open term'
            else contract_predictions.reason
        end as contract_reason,
        case
            when value_predictions.clv_12m is not null
                or contract_predictions.contract_clv_12m is not null
                then cast(
                    coalesce(value_predictions.clv_12m, 0)
                        + coalesce(contract_predictions.contract_clv_12m, 0) as decimal(18, 4))
        end as clv_12m,
        revenue_sums.subscription_value is not null as is_subscriber,
        purchase_histories.first_purchase_date as first_order_date,
        purchase_histories.last_purchase_date as last_order_date
    from core.customers
    left join order_counts
        on customers.customer_key = order_counts.customer_key
    left join core.purchase_histories
        on customers.customer_key = purchase_histories.customer_key
        and purchase_histories.period = 'full'
    left join core.purchase_predictions as next_quarter
        on customers.customer_key = next_quarter.customer_key
        and next_quarter.horizon_days = 90
    left join core.purchase_predictions as next_year
        on customers.customer_key = next_year.customer_key
        and next_year.horizon_days = 365
    left join core.value_predictions
        on customers.customer_key = value_predictions.customer_key
    left join core.contract_predictions
        on customers.customer_key = contract_predictions.customer_key
    left join revenue_sums
        on customers.customer_key = revenue_sums.customer_key

)

select * from customer_value
