/*
description: >
  What each model and each baseline foretold for all customers together until the end of each
  quarter of the hold-out period, and what came (core.calibration_scores).
grain: [model, quarter]
columns:
  model: {type: string, description: 'bg_nbd, mbg_nbd, pareto_nbd, past_rate or average_rate.'}
  quarter: {type: int64, description: 'Quarter of the hold-out period, 1 to 4; 4 is all of it.'}
  horizon_days: {type: int64, description: Days from the end of calibration to the end of the quarter.}
  customer_count: {type: int64, description: Customers who bought before the end of calibration.}
  actual_orders: {type: int64, description: Their purchase days until the end of the quarter.}
  expected_orders: {type: "decimal(38,12)", description: Purchase days foretold; null where the model did not converge.}
  square_error: {type: "decimal(38,12)", description: Squares of the differences between the two customer by customer.}
  active_roc_auc: {type: float64, description: 'Chance that a customer who bought had a higher activity_score than one who did not; of the last quarter only.'}
  top_tenth_share: {type: float64, description: 'Share of actual_orders from the tenth of customers of whom most was expected; of the last quarter only.'}
  valued_customer_count: {type: int64, description: Customers of whom both amounts are known; what follows is about them.}
  actual_net_amount: {type: "decimal(38,4)", description: Net amount of their purchases until the end of the quarter; null without such customers.}
  expected_net_amount: {type: "decimal(38,12)", description: Net amount foretold of them.}
  amount_square_error: {type: "decimal(38,6)", description: Squares of the differences between the two customer by customer.}
*/
with

scores as (

    select
        *,
        expected_net_amount is not null and actual_net_amount is not null as is_valued
    from core.calibration_scores

),

calibration_sums as (

    select
        model,
        quarter,
        max(horizon_days) as horizon_days,
        count(*) as customer_count,
        sum(actual_orders) as actual_orders,
        sum(cast(expected_orders as decimal(28, 12))) as expected_orders,
        sum(cast(
            (expected_orders - actual_orders) * (expected_orders - actual_orders)
            as decimal(28, 12)
        )) as square_error,
        roc_auc(actual_orders > 0, activity_score) filter (where quarter = 4) as active_roc_auc,
        top_share(actual_orders, expected_orders, 0.1) filter (where quarter = 4)
            as top_tenth_share,
        count(*) filter (where is_valued) as valued_customer_count,
        sum(actual_net_amount) filter (where is_valued) as actual_net_amount,
        sum(cast(expected_net_amount as decimal(38, 12))) filter (where is_valued)
            as expected_net_amount,
        sum(cast(
            (expected_net_amount - actual_net_amount) * (expected_net_amount - actual_net_amount)
            as decimal(38, 6)
        )) as amount_square_error
    from scores
    group by model, quarter

)

select * from calibration_sums
