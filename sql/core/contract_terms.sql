/*
description: >
  Subscription terms that a source states itself, as last exported. A term that is all trial is
  left out: core.subscription_terms takes trials from the snapshot.
grain: [namespace, subscription_id, term_start_date]
columns:
  namespace: {type: string, description: Namespace in which subscription_id is unique.}
  subscription_id: {type: string, description: The subscription.}
  plan_id: {type: string, description: Plan or product family.}
  arr_amount: {type: "decimal(18,4)", description: Annualised price of the term.}
  currency: {type: string, description: ISO 4217 currency of arr_amount.}
  term_start_date: {type: date, description: First day of the term.}
  term_end_date: {type: date, description: Day after the last day.}
checks:
  - term_end_date > term_start_date
*/
with

ranked_terms as (

    select
        *,
        row_number() over (
            partition by namespace, subscription_id, term_start_date
            order by snapshot_date desc nulls last, source_id
        ) as snapshot_rank
    from inbound.subscriptions
    where term_start_date <= $as_of_date
        and term_end_date > term_start_date
        and coalesce(local_date(trial_end_at, $timezone) < term_end_date, true)
        and (snapshot_date is null or snapshot_date <= $as_of_date)

),

priced_terms as (

    select
        *,
        ranked_terms.interval as billing_interval,
        amount * coalesce(quantity, 1) as period_amount,
        coalesce(interval_count, 1) as period_length
    from ranked_terms
    where snapshot_rank = 1

),

contract_terms as (

    select
        namespace,
        subscription_id,
        plan_id,
        cast(
            case billing_interval
                when 'year' then period_amount / period_length
                when 'quarter' then period_amount * 4 / period_length
                when 'month' then period_amount * 12 / period_length
                when 'week' then period_amount * 52 / period_length
                when 'day' then period_amount * 365 / period_length
            end as decimal(18, 4)
        ) as arr_amount,
        currency,
        term_start_date,
        term_end_date
    from priced_terms

)

select * from contract_terms
