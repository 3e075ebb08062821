/*
description: >
  What became, by the end of each month, quarter and year, of the customers who had recurring
  revenue at its start. Paused terms count as revenue that is kept.
grain: [period_unit, period_start_date, currency, customer_key]
columns:
  period_unit: {type: string, description: 'month, quarter or year.'}
  period_start_date: {type: date, description: First day of the period.}
  period_end_date: {type: date, description: Day after the last day of the period.}
  currency: {type: string, description: ISO 4217 currency of the amounts.}
  customer_key: {type: int64, description: The customer.}
  start_arr_amount: {type: "decimal(18,4)", description: Annual recurring revenue before the first day.}
  expansion_arr_amount: {type: "decimal(18,4)", description: Added by paying more.}
  loss_arr_amount: {type: "decimal(18,4)", description: 'Lost by paying less or leaving, at most what was there at the start.'}
  end_arr_amount: {type: "decimal(18,4)", description: 'Annual recurring revenue after the last day, reactivations included.'}
  is_interrupted: {type: bool, description: 'Whether the revenue was nothing at some moment of the period, even if it came back.'}
checks:
  - start_arr_amount > 0
  - loss_arr_amount between 0 and start_arr_amount
*/
with

balances as (

    select
        customer_key,
        currency,
        arr_after_amount as arr_amount,
        movement_date as valid_from_date,
        lead(movement_date) over (
            partition by customer_key, currency
            order by movement_date
        ) as valid_to_date
    from core.mrr_movements
    where kind not in ('pause', 'resume')

),

cohorts as (

    select
        periods.period_unit,
        periods.period_start_date,
        periods.period_end_date,
        balances.currency,
        balances.customer_key,
        balances.arr_amount as start_arr_amount
    from core.periods
    inner join balances
        on periods.period_start_date > balances.valid_from_date
        and (
            periods.period_start_date <= balances.valid_to_date
            or balances.valid_to_date is null
        )
    where balances.arr_amount > 0

),

flows as (

    select
        periods.period_unit,
        periods.period_start_date,
        mrr_movements.currency,
        mrr_movements.customer_key,
        sum(mrr_movements.arr_change_amount) filter (where mrr_movements.kind = 'expansion')
            as expansion_arr_amount,
        -sum(mrr_movements.arr_change_amount)
            filter (where mrr_movements.kind in ('contraction', 'churn')) as loss_arr_amount,
        sum(mrr_movements.arr_change_amount) as change_arr_amount,
        bool_or(mrr_movements.kind = 'churn') as is_interrupted
    from core.periods
    inner join core.mrr_movements
        on periods.period_start_date
            = period_start(mrr_movements.movement_date, periods.period_unit)
    where mrr_movements.kind not in ('pause', 'resume')
    group by
        periods.period_unit,
        periods.period_start_date,
        mrr_movements.currency,
        mrr_movements.customer_key

),

subscriber_periods as (

    select
        cohorts.period_unit,
        cohorts.period_start_date,
        cohorts.period_end_date,
        cohorts.currency,
        cohorts.customer_key,
        cohorts.start_arr_amount,
        cast(coalesce(flows.expansion_arr_amount, 0) as decimal(18, 4)) as expansion_arr_amount,
        cast(least(coalesce(flows.loss_arr_amount, 0), cohorts.start_arr_amount) as decimal(18, 4))
            as loss_arr_amount,
        cast(cohorts.start_arr_amount + coalesce(flows.change_arr_amount, 0) as decimal(18, 4))
            as end_arr_amount,
        coalesce(flows.is_interrupted, false) as is_interrupted
    from cohorts
    left join flows
        on cohorts.period_unit = flows.period_unit
        and cohorts.period_start_date = flows.period_start_date
        and cohorts.currency = flows.currency
        and cohorts.customer_key = flows.customer_key

)

select * from subscriber_periods
