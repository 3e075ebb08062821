/*
description: >
  The bridge of marts.mrr over all currencies together, in the reporting currency. A movement is
  converted at the rate of its day, what stood before and after a period at the rate of the day
  before and of the last day; what moving rates made of it is the effect of exchange and no
  expansion or contraction. Each currency is a history of its own, as in marts.mrr: a customer who
  goes from one to another leaves the one and is new in the other.
grain: [period_unit, period_start_date]
requires: [subscriptions]
columns:
  period_unit: {type: string, description: 'month, quarter or year.'}
  period_start_date: {type: date, description: First day of the period.}
  currency: {type: string, description: The reporting currency.}
  start_mrr_amount: {type: "decimal(18,4)", description: Monthly recurring revenue before the first day.}
  new_mrr_amount: {type: "decimal(18,4)", description: From customers who never paid in that currency before.}
  expansion_mrr_amount: {type: "decimal(18,4)", description: From customers who pay more in a currency.}
  contraction_mrr_amount: {type: "decimal(18,4)", description: 'Lost to customers who pay less in a currency, as a negative amount.'}
  churn_mrr_amount: {type: "decimal(18,4)", description: 'Lost to customers who pay nothing any more in a currency, as a negative amount.'}
  reactivation_mrr_amount: {type: "decimal(18,4)", description: From customers who came back to a currency.}
  pause_mrr_amount: {type: "decimal(18,4)", description: 'Put on hold, as a negative amount.'}
  resume_mrr_amount: {type: "decimal(18,4)", description: Taken up again after a pause.}
  fx_mrr_amount:
    type: "decimal(18,4)"
    description: Gained or lost because exchange rates moved.
    definition: 'end less start less all movements, each at the rate of its own day'
    authority: 'ChartMogul, MRR movements: none comes from currency fluctuation'
    edge_cases:
      - A price that stays the same in its own, foreign currency moves this alone.
      - The first rate of a currency brings its revenue in here.
  end_mrr_amount: {type: "decimal(18,4)", description: Monthly recurring revenue after the last day.}
  unconverted_currency_count: {type: int64, description: 'Currencies of which something was left out of the amounts, since there was no exchange rate for it.'}
  is_complete: {type: bool, description: Whether the period is over and no grace period can still change it.}
checks:
  # Each amount is rounded by itself.
  - >-
    abs(
    start_mrr_amount + new_mrr_amount + expansion_mrr_amount + contraction_mrr_amount
    + churn_mrr_amount + reactivation_mrr_amount + pause_mrr_amount + resume_mrr_amount
    + fx_mrr_amount - end_mrr_amount) < 0.005
*/
with

converted_movements as (

    select
        periods.period_unit,
        periods.period_start_date,
        mrr_movements.currency,
        mrr_movements.kind,
        mrr_movements.mrr_change_amount * rates.rate as change_amount,
        rates.rate is null as lacks_rate
    from core.periods
    inner join core.mrr_movements
        on periods.period_start_date
            = period_start(mrr_movements.movement_date, periods.period_unit)
    left join core.exchange_rates as rates
        on mrr_movements.currency = rates.currency
        and mrr_movements.movement_date >= rates.valid_from_date
        and coalesce(mrr_movements.movement_date < rates.valid_to_date, true)

),

movement_sums as (

    select
        period_unit,
        period_start_date,
        currency,
        sum(change_amount) filter (where kind = 'new') as new_amount,
        sum(change_amount) filter (where kind = 'expansion') as expansion_amount,
        sum(change_amount) filter (where kind = 'contraction') as contraction_amount,
        sum(change_amount) filter (where kind = 'churn') as churn_amount,
        sum(change_amount) filter (where kind = 'reactivation') as reactivation_amount,
        sum(change_amount) filter (where kind = 'pause') as pause_amount,
        sum(change_amount) filter (where kind = 'resume') as resume_amount,
        sum(change_amount) as change_amount,
        bool_or(lacks_rate) as lacks_rate
    from converted_movements
    group by period_unit, period_start_date, currency

),

balances as (

    select
        mrr_periods.period_unit,
        mrr_periods.period_start_date,
        mrr_periods.period_end_date,
        mrr_periods.currency,
        least(mrr_periods.period_end_date - 1, $as_of_date) as last_date,
        cast(
            sum(mrr_periods.change_mrr_amount) over running - mrr_periods.change_mrr_amount
            as decimal(18, 4)
        ) as start_amount,
        coalesce(mrr_ends.mrr_amount, 0) as end_amount
    from core.mrr_periods
    left join core.mrr_ends
        on mrr_periods.period_unit = mrr_ends.period_unit
        and mrr_periods.period_start_date = mrr_ends.period_start_date
        and mrr_periods.currency = mrr_ends.currency
    window running as (
        partition by mrr_periods.period_unit, mrr_periods.currency
        order by mrr_periods.period_start_date
        rows between unbounded preceding and current row
    )

),

currency_bridges as (

    select
        balances.period_unit,
        balances.period_start_date,
        balances.period_end_date,
        coalesce(balances.start_amount * start_rates.rate, 0) as start_amount,
        coalesce(balances.end_amount * end_rates.rate, 0) as end_amount,
        movement_sums.new_amount,
        movement_sums.expansion_amount,
        movement_sums.contraction_amount,
        movement_sums.churn_amount,
        movement_sums.reactivation_amount,
        movement_sums.pause_amount,
        movement_sums.resume_amount,
        coalesce(movement_sums.change_amount, 0) as change_amount,
        coalesce(movement_sums.lacks_rate, false)
            or (balances.start_amount != 0 and start_rates.rate is null)
            or (balances.end_amount != 0 and end_rates.rate is null)
            as lacks_rate
    from balances
    left join movement_sums
        on balances.period_unit = movement_sums.period_unit
        and balances.period_start_date = movement_sums.period_start_date
        and balances.currency = movement_sums.currency
    left join core.exchange_rates as start_rates
        on balances.currency = start_rates.currency
        and balances.period_start_date > start_rates.valid_from_date
        and coalesce(balances.period_start_date <= start_rates.valid_to_date, true)
    left join core.exchange_rates as end_rates
        on balances.currency = end_rates.currency
        and balances.last_date >= end_rates.valid_from_date
        and coalesce(balances.last_date < end_rates.valid_to_date, true)

),

totals as (

    select
        period_unit,
        period_start_date,
        period_end_date,
        sum(start_amount) as start_amount,
        coalesce(sum(new_amount), 0) as new_amount,
        coalesce(sum(expansion_amount), 0) as expansion_amount,
        coalesce(sum(contraction_amount), 0) as contraction_amount,
        coalesce(sum(churn_amount), 0) as churn_amount,
        coalesce(sum(reactivation_amount), 0) as reactivation_amount,
        coalesce(sum(pause_amount), 0) as pause_amount,
        coalesce(sum(resume_amount), 0) as resume_amount,
        sum(end_amount) - sum(start_amount) - sum(change_amount) as fx_amount,
        sum(end_amount) as end_amount,
        count(*) filter (where lacks_rate) as unconverted_currency_count
    from currency_bridges
    group by period_unit, period_start_date, period_end_date

),

mrr_total as (

    select
        totals.period_unit,
        totals.period_start_date,
        $currency as currency,
        cast(totals.start_amount as decimal(18, 4)) as start_mrr_amount,
        cast(totals.new_amount as decimal(18, 4)) as new_mrr_amount,
        cast(totals.expansion_amount as decimal(18, 4)) as expansion_mrr_amount,
        cast(totals.contraction_amount as decimal(18, 4)) as contraction_mrr_amount,
        cast(totals.churn_amount as decimal(18, 4)) as churn_mrr_amount,
        cast(totals.reactivation_amount as decimal(18, 4)) as reactivation_mrr_amount,
        cast(totals.pause_amount as decimal(18, 4)) as pause_mrr_amount,
        cast(totals.resume_amount as decimal(18, 4)) as resume_mrr_amount,
        cast(totals.fx_amount as decimal(18, 4)) as fx_mrr_amount,
        cast(totals.end_amount as decimal(18, 4)) as end_mrr_amount,
        totals.unconverted_currency_count,
        totals.period_end_date + subscriptions.renewal_grace_days <= $as_of_date + 1
            as is_complete
    from totals
    cross join config.subscriptions

)

select * from mrr_total
