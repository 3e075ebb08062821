/*
description: >
  What customers without contract are expected to buy within 90 and 365 days, by the model that
  foretold the company's own past best (core.model_scores), fitted to all histories. A prediction
  that cannot be made is null with a reason.
grain: [customer_key, horizon_days]
columns:
  customer_key: {type: int64, description: Join key of the customer.}
  horizon_days: {type: int64, description: 'How far it looks ahead: 90 or 365.'}
  model: {type: string, description: 'bg_nbd, mbg_nbd or pareto_nbd; null where none is chosen.'}
  p_alive: {type: float64, description: 'Chance that the customer is still one. BG/NBD gives 1 to all who bought once: no churn score.'}
  p_active: {type: float64, description: Chance of a purchase within the horizon.}
  expected_orders: {type: float64, description: Purchase days to expect within the horizon.}
  reason: {type: string, description: Why predictions are null; null where they are not.}
*/
with

chosen_models as (

    select
        purchase_models.model,
        purchase_models.reason,
        named_struct(
            'parameters', named_struct('r', r, 'alpha', alpha, 'a', a, 'b', b),
            'converged', purchase_models.is_converged
        ) as beta_geometric,
        named_struct(
            'parameters', named_struct('r', r, 'alpha', alpha, 's', s, 'beta', beta),
            'converged', purchase_models.is_converged
        ) as pareto
    from core.purchase_models
    inner join core.model_scores
        on purchase_models.model = model_scores.model
    where purchase_models.period = 'full'
        and model_scores.is_chosen

),

horizons as (

    select unnest(make_array(90, 365)) as horizon_days

),

purchase_predictions as (

    select
        histories.customer_key,
        horizons.horizon_days,
        chosen_models.model,
        case chosen_models.model
            when 'bg_nbd' then bg_nbd_p_alive(beta_geometric, frequency, recency_days, age_days)
            when 'mbg_nbd' then mbg_nbd_p_alive(beta_geometric, frequency, recency_days, age_days)
            when 'pareto_nbd' then pareto_nbd_p_alive(pareto, frequency, recency_days, age_days)
        end as p_alive,
        case chosen_models.model
            when 'bg_nbd' then bg_nbd_p_active(
                beta_geometric, horizon_days, frequency, recency_days, age_days)
            when 'mbg_nbd' then mbg_nbd_p_active(
                beta_geometric, horizon_days, frequency, recency_days, age_days)
            when 'pareto_nbd' then pareto_nbd_p_active(
                pareto, horizon_days, frequency, recency_days, age_days)
        end as p_active,
        case chosen_models.model
            when 'bg_nbd' then bg_nbd_expected_purchases(
                beta_geometric, horizon_days, frequency, recency_days, age_days)
            when 'mbg_nbd' then mbg_nbd_expected_purchases(
                beta_geometric, horizon_days, frequency, recency_days, age_days)
            when 'pareto_nbd' then pareto_nbd_expected_purchases(
                pareto, horizon_days, frequency, recency_days, age_days)
        end as expected_orders,
        case
            when chosen_models.model is null
                then 'no purchase model could be fitted to the first half of the history'
            else chosen_models.reason
        end as reason
    -- The few rows first: what a cross join sees first it holds in memory.
    from horizons
    left join chosen_models
        on true
    cross join core.purchase_histories as histories
    where histories.period = 'full'

)

select * from purchase_predictions
