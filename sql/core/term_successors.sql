/*
description: >
  The term that followed each subscription term: the next one of the subscription; else the first
  of a subscription that names it as parent and outlasts it; else the first of a subscription of
  the same customer and plan that starts within the grace period. One term follows at most one.
grain: [namespace, subscription_id, term_start_date, origin]
columns:
  namespace: {type: string, description: Namespace in which subscription_id is unique.}
  subscription_id: {type: string, description: The subscription.}
  term_start_date: {type: date, description: First day of the term.}
  origin: {type: string, description: What the term is known from.}
  successor_subscription_id: {type: string, description: Subscription of the term that followed; null if none did.}
  successor_start_date: {type: date, description: First day of the term that followed; null if none did.}
*/
with

settings as (

    select renewal_grace_days from config.subscriptions

),

ordered_terms as (

    select
        *,
        row_number() over subscription_terms_in_order as term_number,
        lead(term_start_date) over subscription_terms_in_order as next_start_date
    from core.subscription_terms
    window subscription_terms_in_order as (
        partition by namespace, subscription_id, origin = 'trial'
        order by term_start_date, origin
    )

),

trial_successors as (

    select
        trials.namespace,
        trials.subscription_id,
        trials.term_start_date,
        trials.origin,
        paid_terms.subscription_id as successor_subscription_id,
        paid_terms.term_start_date as successor_start_date
    from ordered_terms as trials
    left join ordered_terms as paid_terms
        on trials.namespace = paid_terms.namespace
        and trials.subscription_id = paid_terms.subscription_id
        and paid_terms.term_number = 1
        and paid_terms.origin != 'trial'
    where trials.origin = 'trial'

),

last_terms as (

    select *
    from ordered_terms
    where origin != 'trial'
        and next_start_date is null
        and term_end_date is not null

),

-- A term that is cut to end with its parent (E23) does not outlast it, so it follows nothing.
candidates as (

    select
        last_terms.namespace,
        last_terms.subscription_id,
        last_terms.term_start_date,
        last_terms.origin,
        first_terms.subscription_id as successor_subscription_id,
        first_terms.term_start_date as successor_start_date,
        first_terms.parent_subscription_id is not null as is_child,
        last_terms.term_end_date
    from last_terms
    cross join settings
    inner join ordered_terms as first_terms
        on last_terms.namespace = first_terms.namespace
        and last_terms.customer_key = first_terms.customer_key
        and last_terms.subscription_id != first_terms.subscription_id
        and last_terms.term_start_date < first_terms.term_start_date
        and first_terms.term_number = 1
        and first_terms.origin != 'trial'
    where (
        last_terms.subscription_id = first_terms.parent_subscription_id
        and coalesce(last_terms.term_end_date < first_terms.term_end_date, true)
    )
    or (
        first_terms.parent_subscription_id is null
        and (last_terms.plan_id is not distinct from first_terms.plan_id)
        and coalesce(last_terms.ended_date >= last_terms.term_end_date, true)
        and first_terms.term_start_date
            between last_terms.term_end_date
            and last_terms.term_end_date + renewal_grace_days
    )

),

ranked_candidates as (

    select
        *,
        row_number() over (
            partition by namespace, subscription_id
            order by is_child desc, successor_start_date, successor_subscription_id
        ) as successor_rank,
        row_number() over (
            partition by namespace, successor_subscription_id
            order by is_child desc, term_end_date desc, subscription_id
        ) as predecessor_rank
    from candidates

),

term_successors as (

    select
        ordered_terms.namespace,
        ordered_terms.subscription_id,
        ordered_terms.term_start_date,
        ordered_terms.origin,
        case
            when ordered_terms.next_start_date is not null then ordered_terms.subscription_id
            else ranked_candidates.successor_subscription_id
        end as successor_subscription_id,
        coalesce(ordered_terms.next_start_date, ranked_candidates.successor_start_date)
            as successor_start_date
    from ordered_terms
    left join ranked_candidates
        on ordered_terms.namespace = ranked_candidates.namespace
        and ordered_terms.subscription_id = ranked_candidates.subscription_id
        and ordered_terms.term_start_date = ranked_candidates.term_start_date
        and ranked_candidates.successor_rank = 1
        and ranked_candidates.predecessor_rank = 1
    where ordered_terms.origin != 'trial'
    union all
    select * from trial_successors

)

select * from term_successors
