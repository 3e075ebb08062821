/*
description: >
  How well each purchase model and two baselines foretold the second half of the company's own
  history from the first half (core.calibration_sums), and which model is used: of those that
  converged the one with the least root mean square error, by name where they tie.
grain: [model]
columns:
  model: {type: string, description: 'bg_nbd, mbg_nbd, pareto_nbd, past_rate or average_rate.'}
  is_baseline: {type: bool, description: Whether it is no model but what one has to beat.}
  is_chosen: {type: bool, description: Whether core.purchase_predictions uses it.}
  is_better_than_baseline: {type: bool, description: Whether its root mean square error is below that of either baseline; null if unknown.}
  customer_count: {type: int64, description: Customers who bought before the end of calibration.}
  holdout_days: {type: int64, description: Days of the hold-out period.}
  actual_orders: {type: int64, description: Purchase days of these customers in the hold-out period.}
  expected_orders: {type: float64, description: Purchase days foretold; null where the model did not converge.}
  total_error_ratio: {type: float64, description: expected_orders over actual_orders minus 1; null without orders.}
  root_mean_square_error: {type: float64, description: Of the purchase days of a customer.}
  tracking_error_ratio: {type: float64, description: 'Mean distance between foretold and actual purchase days so far at the end of each quarter of the hold-out period, over actual_orders.'}
  active_roc_auc: {type: float64, description: 'Chance that a customer who bought was given a higher chance to buy than one who did not: area under the ROC curve.'}
  top_tenth_share: {type: float64, description: Share of actual_orders from the tenth of customers of whom most was expected.}
  valued_customer_count: {type: int64, description: 'Customers whose net amount could be foretold and is known; the amounts are about them.'}
  currency: {type: string, description: 'The reporting currency, that of the amounts.'}
  actual_net_amount: {type: "decimal(38,4)", description: Net amount of their purchases in the hold-out period; null without such customers.}
  expected_net_amount: {type: float64, description: 'Net amount foretold: expected purchases times their expected value.'}
  amount_error_ratio: {type: float64, description: expected_net_amount over actual_net_amount minus 1; null without net amount.}
  amount_root_mean_square_error: {type: float64, description: 'Of the net amount of a customer: the error of a lifetime value over the hold-out period.'}
  log_likelihood: {type: float64, description: Log-likelihood of the fit to the calibration period; null for a baseline.}
  is_converged: {type: bool, description: Whether the fit to the calibration period may be used; null for a baseline.}
  reason: {type: string, description: Why not; null where it may.}
*/
with

tracking_sums as (

    select
        model,
        sum(abs(expected_orders - actual_orders)) as distance
    from core.calibration_sums
    group by model

),

scores as (

    select
        totals.model,
        totals.model in ('past_rate', 'average_rate') as is_baseline,
        totals.customer_count,
        totals.horizon_days as holdout_days,
        totals.actual_orders,
        totals.expected_orders,
        rate(totals.expected_orders, totals.actual_orders) - 1 as total_error_ratio,
        sqrt(rate(totals.square_error, totals.customer_count)) as root_mean_square_error,
        rate(tracking_sums.distance, 4 * totals.actual_orders) as tracking_error_ratio,
        totals.active_roc_auc,
        totals.top_tenth_share,
        totals.valued_customer_count,
        totals.actual_net_amount,
        totals.expected_net_amount,
        rate(totals.expected_net_amount, totals.actual_net_amount) - 1 as amount_error_ratio,
        sqrt(rate(totals.amount_square_error, totals.valued_customer_count))
            as amount_root_mean_square_error,
        purchase_models.log_likelihood,
        purchase_models.is_converged,
        purchase_models.reason
    from core.calibration_sums as totals
    inner join tracking_sums
        on totals.model = tracking_sums.model
    left join core.purchase_models
        on totals.model = purchase_models.model
        and purchase_models.period = 'calibration'
    where totals.quarter = 4

),

winners as (

    select
        first_value(model order by root_mean_square_error, model)
            filter (where is_converged) as chosen_model,
        min(root_mean_square_error) filter (where is_baseline) as baseline_error
    from scores

),

model_scores as (

    select
        scores.model,
        scores.is_baseline,
        coalesce(scores.model = winners.chosen_model, false) as is_chosen,
        scores.root_mean_square_error < winners.baseline_error as is_better_than_baseline,
        scores.customer_count,
        scores.holdout_days,
        scores.actual_orders,
        cast(scores.expected_orders as double) as expected_orders,
        scores.total_error_ratio,
        scores.root_mean_square_error,
        scores.tracking_error_ratio,
        scores.active_roc_auc,
        scores.top_tenth_share,
        scores.valued_customer_count,
        $currency as currency,
        scores.actual_net_amount,
        cast(scores.expected_net_amount as double) as expected_net_amount,
        scores.amount_error_ratio,
        scores.amount_root_mean_square_error,
        scores.log_likelihood,
        scores.is_converged,
        scores.reason
    from scores
    cross join winners

)

select * from model_scores
