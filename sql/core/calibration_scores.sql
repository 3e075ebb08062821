/*
description: >
  What each model said at the end of the calibration period about each customer's purchases in the
  hold-out period after it, and what came: cumulative, by quarter of that period. Beside the models
  stand two baselines: everybody goes on at the own rate and spends as before (past_rate), or at
  the rate and spend of all (average_rate). What a model expects of spend is that of Gamma-Gamma.
grain: [model, customer_key, quarter]
materialized: view
columns:
  model: {type: string, description: 'bg_nbd, mbg_nbd, pareto_nbd, past_rate or average_rate.'}
  customer_key: {type: int64, description: Join key of the customer.}
  quarter: {type: int64, description: 'Quarter of the hold-out period, 1 to 4; 4 is all of it.'}
  horizon_days: {type: int64, description: Days from the end of calibration to the end of the quarter.}
  expected_orders: {type: float64, description: Purchase days expected until then; null where the model did not converge.}
  activity_score: {type: float64, description: 'Chance of a purchase until then; for a baseline expected_orders, which has the same order.'}
  actual_orders: {type: int64, description: Purchase days that came.}
  expected_net_amount: {type: float64, description: 'Net amount expected of these purchases; null where the model or that of spend has no answer, or an exchange rate was missing.'}
  actual_net_amount: {type: "decimal(28,4)", description: Net amount of the purchases that came; null if an exchange rate was missing.}
*/
with

quarters as (

    select
        histories.*,
        numbers.quarter,
        cast(floor(rate(
            cast($as_of_date - histories.period_end_date as bigint) * numbers.quarter, 4
        )) as bigint) as horizon_days
    -- The few rows first: what a cross join sees first it holds in memory.
    from (select unnest(generate_series(1, 4)) as quarter) as numbers
    cross join core.purchase_histories as histories
    where histories.period = 'calibration'

),

observed_quarters as (

    select
        quarters.customer_key,
        quarters.quarter,
        quarters.horizon_days,
        quarters.frequency,
        quarters.recency_days,
        quarters.age_days,
        quarters.monetary_value,
        count(purchase_days.purchase_date) as actual_orders,
        case
            when count(purchase_days.net_amount) = count(purchase_days.purchase_date)
                then coalesce(sum(purchase_days.net_amount), 0)
        end as actual_net_amount
    from quarters
    left join core.purchase_days
        on quarters.customer_key = purchase_days.customer_key
        and purchase_days.purchase_date > quarters.period_end_date
        and purchase_days.purchase_date <= quarters.period_end_date + quarters.horizon_days
    group by
        quarters.customer_key,
        quarters.quarter,
        quarters.horizon_days,
        quarters.frequency,
        quarters.recency_days,
        quarters.age_days,
        quarters.monetary_value

),

averages as (

    select
        rate(sum(frequency), sum(age_days)) as orders_per_day,
        rate(
            sum(cast(frequency * monetary_value as decimal(28, 12))),
            sum(frequency) filter (where monetary_value is not null)
        ) as order_value
    from core.purchase_histories
    where period = 'calibration'

),

models as (

    select
        model,
        named_struct(
            'parameters', named_struct('r', r, 'alpha', alpha, 'a', a, 'b', b),
            'converged', is_converged
        ) as beta_geometric,
        named_struct(
            'parameters', named_struct('r', r, 'alpha', alpha, 's', s, 'beta', beta),
            'converged', is_converged
        ) as pareto
    from core.purchase_models
    where period = 'calibration'
        and model != 'gamma_gamma'
    union all by name
    select 'past_rate' as model
    union all by name
    select 'average_rate' as model

),

-- One row, also where spend was not fitted.
spend_models as (

    select first_value(
        named_struct(
            'parameters', named_struct('p', p, 'q', q, 'v', v),
            'converged', is_converged
        ) order by model
    ) as gamma_gamma
    from core.purchase_models
    where period = 'calibration'
        and model = 'gamma_gamma'

),

order_values as (

    select
        observed_quarters.*,
        averages.orders_per_day,
        averages.order_value as average_order_value,
        gamma_gamma_expected_value(
            spend_models.gamma_gamma,
            observed_quarters.frequency,
            -- Purchases that were given away or back on the whole say nothing about spend.
            case when frequency = 0 or monetary_value > 0 then monetary_value end
        ) as expected_order_value
    -- The one row of each first: what a cross join sees first it holds in memory.
    from averages
    cross join spend_models
    cross join observed_quarters

),

predictions as (

    select
        models.model,
        order_values.customer_key,
        order_values.quarter,
        order_values.horizon_days,
        order_values.actual_orders,
        order_values.actual_net_amount,
        case models.model
            when 'past_rate' then monetary_value
            when 'average_rate' then average_order_value
            else expected_order_value
        end as order_value,
        case models.model
            when 'bg_nbd' then bg_nbd_expected_purchases(
                beta_geometric, horizon_days, frequency, recency_days, age_days)
            when 'mbg_nbd' then mbg_nbd_expected_purchases(
                beta_geometric, horizon_days, frequency, recency_days, age_days)
            when 'pareto_nbd' then pareto_nbd_expected_purchases(
                pareto, horizon_days, frequency, recency_days, age_days)
            when 'past_rate' then coalesce(rate(frequency * horizon_days, age_days), 0)
            else orders_per_day * horizon_days
        end as expected_orders,
        case models.model
            when 'bg_nbd' then bg_nbd_p_active(
                beta_geometric, horizon_days, frequency, recency_days, age_days)
            when 'mbg_nbd' then mbg_nbd_p_active(
                beta_geometric, horizon_days, frequency, recency_days, age_days)
            when 'pareto_nbd' then pareto_nbd_p_active(
                pareto, horizon_days, frequency, recency_days, age_days)
        end as p_active
    from models
    cross join order_values

),

calibration_scores as (

    select
        model,
        customer_key,
        quarter,
        horizon_days,
        expected_orders,
        case
            when model in ('past_rate', 'average_rate') then expected_orders
            else p_active
        end as activity_score,
        actual_orders,
        expected_orders * order_value as expected_net_amount,
        actual_net_amount
    from predictions

)

select * from calibration_scores
