/*
description: >
  How well each purchase model and two baselines foretold the second half of the company's own
  history from the first half, and which model the value and churn predictions use.
grain: [model]
requires: [orders]
columns:
  model: {type: string, description: 'bg_nbd, mbg_nbd, pareto_nbd, past_rate or average_rate.'}
  is_baseline: {type: bool, description: Whether it is no model but what one has to beat.}
  is_chosen: {type: bool, description: Whether the predictions of marts.customer_value are made with it.}
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

model_scores as (

    select
        model,
        is_baseline,
        is_chosen,
        is_better_than_baseline,
        customer_count,
        holdout_days,
        actual_orders,
        expected_orders,
        total_error_ratio,
        root_mean_square_error,
        tracking_error_ratio,
        active_roc_auc,
        top_tenth_share,
        valued_customer_count,
        currency,
        actual_net_amount,
        expected_net_amount,
        amount_error_ratio,
        amount_root_mean_square_error,
        log_likelihood,
        is_converged,
        reason
    from core.model_scores

)

select * from model_scores
