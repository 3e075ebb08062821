/*
description: >
  What customers without contract are expected to be worth: the value of a purchase by
  Gamma-Gamma, and that of all purchases in the next twelve months by the model that foretold the
  company's own past best (core.model_scores). A prediction that cannot be made is null with a
  reason.
grain: [customer_key]
params:
  monthly_discount_rate: {type: float64, default: 0.01, description: What a later month is discounted by.}
columns:
  customer_key: {type: int64, description: Join key of the customer.}
  expected_order_value: {type: float64, description: Net amount to expect of a purchase day.}
  clv_12m: {type: "decimal(18,4)", description: 'Value of the purchases to expect in 12 months of 30.4375 days, each month discounted by $monthly_discount_rate at its end.'}
  reason: {type: string, description: 'Why either is null; null where neither is.'}
*/
with

chosen_models as (

    select
        purchase_models.model,
        purchase_models.reason,
        named_struct(
            'model', purchase_models.model,
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

spend_models as (

    select
        reason as spend_reason,
        named_struct(
            'parameters', named_struct('p', p, 'q', q, 'v', v),
            'converged', is_converged
        ) as gamma_gamma
    from core.purchase_models
    where period = 'full'
        and model = 'gamma_gamma'

),

-- One row, also where there is no model.
models as (

    select
        chosen_models.*,
        spend_models.*
    from (select 1) as always
    left join chosen_models
        on true
    left join spend_models
        on true

),

histories as (

    select
        *,
        -- Purchases that were given away or back on the whole say nothing about spend.
        case when frequency = 0 or monetary_value > 0 then monetary_value end as spend
    from core.purchase_histories
    where period = 'full'

),

scores as (

    select
        histories.customer_key,
        gamma_gamma_expected_value(gamma_gamma, frequency, spend) as expected_order_value,
        case models.model
            when 'pareto_nbd' then clv(
                pareto, gamma_gamma, frequency, recency_days, age_days, spend,
                $monthly_discount_rate, 12, 30.4375)
            else clv(
                beta_geometric, gamma_gamma, frequency, recency_days, age_days, spend,
                $monthly_discount_rate, 12, 30.4375)
        end as clv_12m,
        histories.spend,
        models.model,
        models.reason as model_reason,
        models.spend_reason
    -- The one row first: what a cross join sees first it holds in memory.
    from models
    cross join histories

),

value_predictions as (

    select
        customer_key,
        expected_order_value,
        cast(clv_12m as decimal(18, 4)) as clv_12m,
        case
            when spend_reason is not null then spend_reason
            when spend is null then 'the purchases after the first were worth nothing'
            when expected_order_value is null then 'the value of a purchase has no finite mean'
            when model is null
                then 'no purchase model could be fitted to the first half of the history'
            else model_reason
        end as reason
    from scores

)

select * from value_predictions
