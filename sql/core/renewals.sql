/*
description: >
  How each subscription term ended. A term is due at its end, moved by a pause that it met, and
  counts in the period in which it is due. It is renewed when its successor is confirmed at most
  renewal_grace_days later; after that it has lapsed, and a return is a reactivation.
grain: [namespace, subscription_id, term_start_date, origin]
columns:
  namespace: {type: string, description: Namespace in which subscription_id is unique.}
  subscription_id: {type: string, description: The subscription.}
  customer_id: {type: string, description: Who pays; null if unknown.}
  customer_key: {type: int64, description: Join key of customer_id.}
  plan_id: {type: string, description: Plan or product family.}
  origin: {type: string, description: 'trial, contract, invoice or snapshot: what the term is known from.'}
  status: {type: string, description: 'renewed_early, renewed_on_time, renewed_late (within grace), lapsed, open (not due, paused or in grace), cancelled_midterm, coterminated or trial_excluded.'}
  due_arr_amount: {type: "decimal(18,4)", description: 'Annualised price that is due, with the terms that were cut to end with it.'}
  renewed_arr_amount: {type: "decimal(18,4)", description: Annualised price of the successor; null unless renewed.}
  currency: {type: string, description: ISO 4217 currency of the amounts.}
  lag_days: {type: int64, description: 'Days from due to renewed, negative when early; null unless renewed.'}
  is_trial_converted: {type: bool, description: Whether a paid term followed; null unless it is a trial.}
  term_start_date: {type: date, description: First day of the term.}
  term_end_date: {type: date, description: Day after the last day; null if unknown.}
  due_date: {type: date, description: Day by which the next term has to begin; null if unknown or while paused.}
  renewed_date: {type: date, description: 'Day the successor was confirmed; null unless renewed.'}
*/
with

due_terms as (

    select
        *,
        case
            when paused_from_date > term_start_date and paused_from_date <= term_end_date
                then term_end_date + (paused_to_date - paused_from_date)
            else term_end_date
        end as due_date
    from core.subscription_terms
    cross join (select renewal_grace_days from config.subscriptions)

),

-- A term cut to end with its parent's term (E23) is due with that term.
aligned_terms as (

    select
        aligned.namespace,
        aligned.subscription_id,
        aligned.term_start_date,
        aligned.parent_subscription_id,
        aligned.term_end_date,
        aligned.arr_amount
    from core.subscription_terms as aligned
    left semi join core.subscription_terms as parents
        on aligned.namespace = parents.namespace
        and aligned.parent_subscription_id = parents.subscription_id
        and aligned.term_end_date = parents.term_end_date
        and aligned.term_start_date > parents.term_start_date

),

aligned_sums as (

    select
        namespace,
        parent_subscription_id,
        term_end_date,
        sum(arr_amount) as aligned_arr_amount
    from aligned_terms
    group by namespace, parent_subscription_id, term_end_date

),

outcomes as (

    select
        due_terms.*,
        aligned_terms.subscription_id is not null as is_aligned,
        due_terms.arr_amount + coalesce(aligned_sums.aligned_arr_amount, 0) as due_arr_amount,
        successors.arr_amount as successor_arr_amount,
        successors.confirmed_date as successor_date,
        successors.confirmed_date - due_terms.due_date as lag_days,
        due_terms.due_date + due_terms.renewal_grace_days as grace_end_date
    from due_terms
    left join core.term_successors
        on due_terms.namespace = term_successors.namespace
        and due_terms.subscription_id = term_successors.subscription_id
        and due_terms.term_start_date = term_successors.term_start_date
        and due_terms.origin = term_successors.origin
    left join core.subscription_terms as successors
        on term_successors.namespace = successors.namespace
        and term_successors.successor_subscription_id = successors.subscription_id
        and term_successors.successor_start_date = successors.term_start_date
        and successors.origin != 'trial'
    left join aligned_terms
        on due_terms.namespace = aligned_terms.namespace
        and due_terms.subscription_id = aligned_terms.subscription_id
        and due_terms.term_start_date = aligned_terms.term_start_date
    left join aligned_sums
        on due_terms.namespace = aligned_sums.namespace
        and due_terms.subscription_id = aligned_sums.parent_subscription_id
        and due_terms.term_end_date = aligned_sums.term_end_date

),

statuses as (

    select
        *,
        case
            when origin = 'trial' then 'trial_excluded'
            when is_aligned then 'coterminated'
            when lag_days < 0 then 'renewed_early'
            when lag_days = 0 then 'renewed_on_time'
            when lag_days <= renewal_grace_days then 'renewed_late'
            when ended_date < term_end_date and successor_date is null then 'cancelled_midterm'
            when grace_end_date <= $as_of_date then 'lapsed'
            else 'open'
        end as status
    from outcomes

),

renewals as (

    select
        namespace,
        subscription_id,
        customer_id,
        customer_key,
        plan_id,
        origin,
        status,
        cast(due_arr_amount as decimal(18, 4)) as due_arr_amount,
        case when starts_with(status, 'renewed') then successor_arr_amount end
            as renewed_arr_amount,
        currency,
        case when starts_with(status, 'renewed') then lag_days end as lag_days,
        case when origin = 'trial' then successor_date is not null end as is_trial_converted,
        term_start_date,
        term_end_date,
        due_date,
        case when starts_with(status, 'renewed') then successor_date end as renewed_date
    from statuses

)

select * from renewals
