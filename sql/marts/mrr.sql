/*
description: >
  The bridge from recurring revenue at the start of each month, quarter and year to its end, per
  currency. The end is counted anew from the terms in service, so that the bridge proves both.
grain: [period_unit, period_start_date, currency]
requires: [subscriptions]
columns:
  period_unit: {type: string, description: 'month, quarter or year.'}
  period_start_date: {type: date, description: First day of the period.}
  currency: {type: string, description: ISO 4217 currency of all amounts.}
  start_mrr_amount: {type: "decimal(18,4)", description: Monthly recurring revenue before the first day.}
  new_mrr_amount:
    type: "decimal(18,4)"
    description: From customers who never paid before.
    definition: 'MRR of customers who never paid before, at their first paid term'
    authority: ChartMogul, MRR movements
    edge_cases:
      - A trial makes no new MRR before it is paid.
  expansion_mrr_amount:
    type: "decimal(18,4)"
    description: From customers who pay more.
    definition: 'Rise of the MRR of customers who paid before and after'
    authority: ChartMogul, MRR movements
    edge_cases:
      - Changes of one day net to one movement.
  contraction_mrr_amount:
    type: "decimal(18,4)"
    description: 'Lost to customers who pay less, as a negative amount.'
    definition: 'Fall of the MRR of customers who paid before and after'
    authority: ChartMogul, MRR movements
    edge_cases:
      - Cancelling one of several subscriptions is contraction.
  churn_mrr_amount:
    type: "decimal(18,4)"
    description: 'Lost to customers who pay nothing any more, as a negative amount.'
    definition: 'MRR of customers whose MRR falls to 0'
    authority: ChartMogul, MRR movements
    edge_cases:
      - 'Dated at the end of service; a gap of at most renewal_grace_days is none.'
  reactivation_mrr_amount:
    type: "decimal(18,4)"
    description: From customers who came back.
    definition: 'MRR of customers who pay again after theirs was 0'
    authority: ChartMogul, MRR movements
  pause_mrr_amount: {type: "decimal(18,4)", description: 'Put on hold, as a negative amount.'}
  resume_mrr_amount: {type: "decimal(18,4)", description: Taken up again after a pause.}
  end_mrr_amount:
    type: "decimal(18,4)"
    description: Monthly recurring revenue after the last day.
    definition: 'Sum over active terms of the price per month: yearly / 12, quarterly / 3, weekly * 52 / 12, daily * 365 / 12'
    authority: Stripe Billing, Monthly recurring revenue
    edge_cases:
      - 'Trials count nothing, and a paused term nothing while the pause lasts.'
  start_arr_amount: {type: "decimal(18,4)", description: Annual recurring revenue before the first day.}
  end_arr_amount: {type: "decimal(18,4)", description: Annual recurring revenue after the last day.}
  start_customer_count: {type: int64, description: 'Customers with recurring revenue before the first day, paused ones too.'}
  gross_revenue_retention_rate:
    type: float64
    description: 'Start less contraction and churn of the customers of the start, over start; null without start.'
    definition: '(start - contraction - churn) / start, over the customers of the start, at most 1'
    authority: SaaS Metrics Standards Board, gross revenue retention
    edge_cases:
      - Reactivated and new customers are in neither sum.
  net_revenue_retention_ratio:
    type: float64
    description: 'The same plus their expansion, without new and reactivated revenue; null without start.'
    definition: '(start + expansion - contraction - churn) / start, over the customers of the start'
    authority: SaaS Metrics Standards Board, net revenue retention
    edge_cases:
      - 'Not 1 less ChartMogul''s net MRR churn where customers came back: theirs counts reactivation.'
  net_revenue_retention_with_reactivation_ratio: {type: float64, description: 'End revenue of the customers of the start, those who left and came back too, over start; null without start.'}
  gross_revenue_retention_snapshot_rate: {type: float64, description: 'Per customer the lesser of start and end, over start: blind to who left and came back in between; null without start.'}
  is_complete: {type: bool, description: Whether the period is over and no grace period can still change it.}
checks:
  - >-
    start_mrr_amount + new_mrr_amount + expansion_mrr_amount + contraction_mrr_amount
    + churn_mrr_amount + reactivation_mrr_amount + pause_mrr_amount + resume_mrr_amount
    = end_mrr_amount
  - gross_revenue_retention_rate between 0 and 1 or gross_revenue_retention_rate is null
  - >-
    gross_revenue_retention_snapshot_rate between gross_revenue_retention_rate and 1
    or gross_revenue_retention_snapshot_rate is null
*/
with

running_periods as (

    select
        *,
        sum(change_mrr_amount) over running - change_mrr_amount as start_mrr_amount,
        sum(change_arr_amount) over running - change_arr_amount as start_arr_amount
    from core.mrr_periods
    window running as (
        partition by period_unit, currency
        order by period_start_date
        rows between unbounded preceding and current row
    )

),

retentions as (

    select
        period_unit,
        period_start_date,
        currency,
        count(*) as start_customer_count,
        sum(start_arr_amount) as start_amount,
        sum(expansion_arr_amount) as expansion_amount,
        sum(loss_arr_amount) as loss_amount,
        sum(end_arr_amount) as end_amount,
        sum(least(start_arr_amount, end_arr_amount)) as least_amount
    from core.subscriber_periods
    group by period_unit, period_start_date, currency

),

mrr as (

    select
        running_periods.period_unit,
        running_periods.period_start_date,
        running_periods.currency,
        cast(running_periods.start_mrr_amount as decimal(18, 4)) as start_mrr_amount,
        running_periods.new_mrr_amount,
        running_periods.expansion_mrr_amount,
        running_periods.contraction_mrr_amount,
        running_periods.churn_mrr_amount,
        running_periods.reactivation_mrr_amount,
        running_periods.pause_mrr_amount,
        running_periods.resume_mrr_amount,
        cast(coalesce(mrr_ends.mrr_amount, 0) as decimal(18, 4)) as end_mrr_amount,
        cast(running_periods.start_arr_amount as decimal(18, 4)) as start_arr_amount,
        cast(coalesce(mrr_ends.arr_amount, 0) as decimal(18, 4)) as end_arr_amount,
        coalesce(retentions.start_customer_count, 0) as start_customer_count,
        rate(retentions.start_amount - retentions.loss_amount, retentions.start_amount)
            as gross_revenue_retention_rate,
        rate(
            retentions.start_amount + retentions.expansion_amount - retentions.loss_amount,
            retentions.start_amount
        ) as net_revenue_retention_ratio,
        rate(retentions.end_amount, retentions.start_amount)
            as net_revenue_retention_with_reactivation_ratio,
        rate(retentions.least_amount, retentions.start_amount)
            as gross_revenue_retention_snapshot_rate,
        running_periods.period_end_date + subscriptions.renewal_grace_days <= $as_of_date + 1
            as is_complete
    from running_periods
    cross join config.subscriptions
    left join core.mrr_ends
        on running_periods.period_unit = mrr_ends.period_unit
        and running_periods.period_start_date = mrr_ends.period_start_date
        and running_periods.currency = mrr_ends.currency
    left join retentions
        on running_periods.period_unit = retentions.period_unit
        and running_periods.period_start_date = retentions.period_start_date
        and running_periods.currency = retentions.currency

)

select * from mrr
