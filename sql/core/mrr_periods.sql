/*
description: >
  Movements of recurring revenue summed per month, quarter and year and currency, from the period
  of the first movement on, with periods in which nothing moved.
grain: [period_unit, period_start_date, currency]
columns:
  period_unit: {type: string, description: 'month, quarter or year.'}
  period_start_date: {type: date, description: First day of the period.}
  period_end_date: {type: date, description: Day after the last day of the period.}
  currency: {type: string, description: ISO 4217 currency of the amounts.}
  new_mrr_amount: {type: "decimal(18,4)", description: From customers who never paid before.}
  expansion_mrr_amount: {type: "decimal(18,4)", description: From customers who pay more.}
  contraction_mrr_amount: {type: "decimal(18,4)", description: 'From customers who pay less, negative.'}
  churn_mrr_amount: {type: "decimal(18,4)", description: 'From customers who left, negative.'}
  reactivation_mrr_amount: {type: "decimal(18,4)", description: From customers who came back.}
  pause_mrr_amount: {type: "decimal(18,4)", description: 'Put on hold, negative.'}
  resume_mrr_amount: {type: "decimal(18,4)", description: Taken up again after a pause.}
  change_mrr_amount: {type: "decimal(18,4)", description: All movements together.}
  change_arr_amount: {type: "decimal(18,4)", description: 'All movements together, annualised.'}
*/
with

first_movements as (

    select
        currency,
        min(movement_date) as first_movement_date
    from core.mrr_movements
    group by currency

),

movements as (

    select
        periods.period_unit,
        periods.period_start_date,
        mrr_movements.currency,
        mrr_movements.kind,
        mrr_movements.mrr_change_amount,
        mrr_movements.arr_change_amount
    from core.periods
    inner join core.mrr_movements
        on periods.period_start_date
            = period_start(mrr_movements.movement_date, periods.period_unit)

),

kind_sums as (

    select
        period_unit,
        period_start_date,
        currency,
        sum(mrr_change_amount) filter (where kind = 'new') as new_amount,
        sum(mrr_change_amount) filter (where kind = 'expansion') as expansion_amount,
        sum(mrr_change_amount) filter (where kind = 'contraction') as contraction_amount,
        sum(mrr_change_amount) filter (where kind = 'churn') as churn_amount,
        sum(mrr_change_amount) filter (where kind = 'reactivation') as reactivation_amount,
        sum(mrr_change_amount) filter (where kind = 'pause') as pause_amount,
        sum(mrr_change_amount) filter (where kind = 'resume') as resume_amount,
        sum(mrr_change_amount) as change_mrr,
        sum(arr_change_amount) as change_arr
    from movements
    group by period_unit, period_start_date, currency

),

mrr_periods as (

    select
        periods.period_unit,
        periods.period_start_date,
        periods.period_end_date,
        first_movements.currency,
        cast(coalesce(kind_sums.new_amount, 0) as decimal(18, 4)) as new_mrr_amount,
        cast(coalesce(kind_sums.expansion_amount, 0) as decimal(18, 4)) as expansion_mrr_amount,
        cast(coalesce(kind_sums.contraction_amount, 0) as decimal(18, 4))
            as contraction_mrr_amount,
        cast(coalesce(kind_sums.churn_amount, 0) as decimal(18, 4)) as churn_mrr_amount,
        cast(coalesce(kind_sums.reactivation_amount, 0) as decimal(18, 4))
            as reactivation_mrr_amount,
        cast(coalesce(kind_sums.pause_amount, 0) as decimal(18, 4)) as pause_mrr_amount,
        cast(coalesce(kind_sums.resume_amount, 0) as decimal(18, 4)) as resume_mrr_amount,
        cast(coalesce(kind_sums.change_mrr, 0) as decimal(18, 4)) as change_mrr_amount,
        cast(coalesce(kind_sums.change_arr, 0) as decimal(18, 4)) as change_arr_amount
    from core.periods
    inner join first_movements
        on periods.period_end_date > first_movements.first_movement_date
    left join kind_sums
        on periods.period_unit = kind_sums.period_unit
        and periods.period_start_date = kind_sums.period_start_date
        and first_movements.currency = kind_sums.currency

)

select * from mrr_periods
