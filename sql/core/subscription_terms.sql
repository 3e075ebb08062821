/*
description: >
  Terms of every subscription: trials, and what was contracted or paid for. Where an export states
  contracts they are the terms; else the paid periods are; with neither, the snapshot gives the
  current term without an end.
grain: [namespace, subscription_id, term_start_date, origin]
columns:
  namespace: {type: string, description: Namespace in which subscription_id is unique.}
  subscription_id: {type: string, description: The subscription.}
  customer_id: {type: string, description: Who pays; null if unknown.}
  customer_key: {type: int64, description: Join key of customer_id.}
  parent_subscription_id: {type: string, description: Subscription this one continues or aligns with.}
  plan_id: {type: string, description: Plan or product family.}
  origin: {type: string, description: 'trial, contract, invoice or snapshot: what the term is known from.'}
  arr_amount: {type: "decimal(18,4)", description: Annualised price of the term; 0 for a trial.}
  currency: {type: string, description: ISO 4217 currency of arr_amount.}
  term_start_date: {type: date, description: First day of the term.}
  term_end_date: {type: date, description: Day after the last day; null if no export tells it.}
  confirmed_date: {type: date, description: 'Local day the term was paid; if not known by invoice, its first day.'}
  paused_from_date: {type: date, description: Local day a pause of the subscription began; null without pause.}
  paused_to_date: {type: date, description: Local day that pause ended; null while it lasts.}
  ended_date: {type: date, description: Local day the subscription ended; null while it runs.}
checks:
  - arr_amount >= 0
*/
with

trial_terms as (

    select
        namespace,
        subscription_id,
        'trial' as origin,
        cast(0 as decimal(18, 4)) as arr_amount,
        local_date(trial_start_at, $timezone) as term_start_date,
        local_date(trial_end_at, $timezone) as term_end_date
    from core.subscriptions
    where trial_start_at < $as_of
        and trial_end_at > trial_start_at

),

uncontracted_terms as (

    select *
    from core.invoice_terms
    left anti join core.contract_terms
        on invoice_terms.namespace = contract_terms.namespace
        and invoice_terms.subscription_id = contract_terms.subscription_id

),

dated_terms as (

    select *, 'contract' as origin, term_start_date as confirmed_date
    from core.contract_terms
    union all by name
    select *, 'invoice' as origin
    from uncontracted_terms

),

snapshot_terms as (

    select
        subscriptions.namespace,
        subscriptions.subscription_id,
        'snapshot' as origin,
        cast(subscriptions.mrr_amount * 12 as decimal(18, 4)) as arr_amount,
        local_date(coalesce(subscriptions.trial_end_at, subscriptions.started_at), $timezone)
            as term_start_date
    from core.subscriptions
    left anti join dated_terms
        on subscriptions.namespace = dated_terms.namespace
        and subscriptions.subscription_id = dated_terms.subscription_id
    where subscriptions.status != 'trialing'
        and subscriptions.mrr_amount > 0
        and coalesce(subscriptions.trial_end_at, subscriptions.started_at)
            < coalesce(subscriptions.ended_at, $as_of)

),

all_terms as (

    select * from trial_terms
    union all by name
    select * from dated_terms
    union all by name
    select * from snapshot_terms

),

subscription_terms as (

    select
        all_terms.namespace,
        all_terms.subscription_id,
        subscriptions.customer_id,
        subscriptions.customer_key,
        subscriptions.parent_subscription_id,
        coalesce(all_terms.plan_id, subscriptions.plan_id) as plan_id,
        all_terms.origin,
        all_terms.arr_amount,
        coalesce(all_terms.currency, subscriptions.currency, $currency) as currency,
        all_terms.term_start_date,
        all_terms.term_end_date,
        coalesce(all_terms.confirmed_date, all_terms.term_start_date) as confirmed_date,
        local_date(subscriptions.pause_start_at, $timezone) as paused_from_date,
        local_date(subscriptions.pause_end_at, $timezone) as paused_to_date,
        local_date(subscriptions.ended_at, $timezone) as ended_date
    from all_terms
    left join core.subscriptions
        on all_terms.namespace = subscriptions.namespace
        and all_terms.subscription_id = subscriptions.subscription_id

)

select * from subscription_terms
