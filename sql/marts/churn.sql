/*
description: >
  Customers and recurring revenue lost in each month, quarter and year, per currency. Rates are
  null where fewer than min_cell customers stood at the start.
grain: [period_unit, period_start_date, currency]
requires: [subscriptions]
columns:
  period_unit: {type: string, description: 'month, quarter or year.'}
  period_start_date: {type: date, description: First day of the period.}
  currency: {type: string, description: ISO 4217 currency of the subscriptions.}
  start_customer_count: {type: int64, description: Customers with recurring revenue before the first day.}
  churned_customer_count: {type: int64, description: Those of them without recurring revenue after the last day.}
  interrupted_customer_count: {type: int64, description: 'Those of them who left during the period, even if they came back.'}
  logo_churn_rate:
    type: float64
    description: 'churned_customer_count over start_customer_count.'
    definition: churned_customer_count / start_customer_count
    authority: ChartMogul, Customer churn rate
    edge_cases:
      - 'Who left and came back within the period is not churned, but is in interrupted_customer_count.'
  logo_churn_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  logo_churn_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  gross_mrr_churn_rate:
    type: float64
    description: 'Churn and contraction over revenue at the start.'
    definition: (churn + contraction) / start
    authority: ChartMogul, Gross MRR churn rate
  net_mrr_churn_ratio:
    type: float64
    description: 'Churn and contraction less expansion and reactivation, over revenue at the start; below 0 when it grew.'
    definition: (churn + contraction - expansion - reactivation) / start
    authority: ChartMogul, Net MRR churn rate
  quick_ratio:
    type: float64
    description: 'New, expansion and reactivation over churn and contraction; null if nothing was lost.'
    definition: (new + expansion + reactivation) / (contraction + churn)
  is_complete: {type: bool, description: Whether the period is over and no grace period can still change it.}
  is_suppressed: {type: bool, description: Whether the rates are withheld because of min_cell.}
checks:
  - churned_customer_count <= interrupted_customer_count
  - interrupted_customer_count <= start_customer_count
*/
with

subscribers as (

    select
        period_unit,
        period_start_date,
        currency,
        count(*) as start_customer_count,
        count(*) filter (where end_arr_amount = 0) as churned_customer_count,
        count(*) filter (where is_interrupted) as interrupted_customer_count
    from core.subscriber_periods
    group by period_unit, period_start_date, currency

),

bridges as (

    select
        mrr.period_unit,
        mrr.period_start_date,
        mrr.currency,
        coalesce(subscribers.start_customer_count, 0) as start_customer_count,
        coalesce(subscribers.churned_customer_count, 0) as churned_customer_count,
        coalesce(subscribers.interrupted_customer_count, 0) as interrupted_customer_count,
        mrr.start_mrr_amount as start_amount,
        mrr.new_mrr_amount as new_amount,
        mrr.expansion_mrr_amount + mrr.reactivation_mrr_amount as regained_amount,
        -mrr.contraction_mrr_amount - mrr.churn_mrr_amount as lost_amount,
        mrr.is_complete,
        coalesce(subscribers.start_customer_count, 0) < settings.min_cell as is_suppressed
    from marts.mrr
    cross join config.settings
    left join subscribers
        on mrr.period_unit = subscribers.period_unit
        and mrr.period_start_date = subscribers.period_start_date
        and mrr.currency = subscribers.currency

),

churn as (

    select
        period_unit,
        period_start_date,
        currency,
        start_customer_count,
        churned_customer_count,
        interrupted_customer_count,
        case
            when not is_suppressed then rate(churned_customer_count, start_customer_count)
        end as logo_churn_rate,
        case
            when not is_suppressed then wilson_low(churned_customer_count, start_customer_count)
        end as logo_churn_wilson_low,
        case
            when not is_suppressed then wilson_high(churned_customer_count, start_customer_count)
        end as logo_churn_wilson_high,
        case when not is_suppressed then rate(lost_amount, start_amount) end
            as gross_mrr_churn_rate,
        case when not is_suppressed then rate(lost_amount - regained_amount, start_amount) end
            as net_mrr_churn_ratio,
        case when not is_suppressed then rate(new_amount + regained_amount, lost_amount) end
            as quick_ratio,
        is_complete,
        is_suppressed
    from bridges

)

select * from churn
