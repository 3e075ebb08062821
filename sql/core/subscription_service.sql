/*
description: >
  The days on which each term counts as recurring revenue. A term runs until its successor takes
  over, early or within the grace period, so an overlap counts once and a short gap not at all;
  else until it was due, or the day it was cut off. Terms still open run on.
grain: [namespace, subscription_id, term_start_date, origin]
columns:
  namespace: {type: string, description: Namespace in which subscription_id is unique.}
  subscription_id: {type: string, description: The subscription.}
  customer_key: {type: int64, description: Join key of the customer; null if unknown.}
  plan_id: {type: string, description: Plan or product family.}
  origin: {type: string, description: What the term is known from.}
  arr_amount: {type: "decimal(18,4)", description: Annualised price of the term.}
  currency: {type: string, description: ISO 4217 currency of arr_amount.}
  term_start_date: {type: date, description: First day of the term.}
  service_start_date: {type: date, description: 'First day that counts: of the term, or of its payment if that came after the grace period.'}
  service_end_date: {type: date, description: Day after the last day that counts; null while it runs.}
  paused_from_date: {type: date, description: First day of a pause within the service; null without.}
  paused_to_date: {type: date, description: Day after the pause; null while it lasts.}
checks:
  - service_end_date >= service_start_date or service_end_date is null
*/
with

renewed_terms as (

    select
        renewals.namespace,
        term_successors.successor_subscription_id as subscription_id,
        term_successors.successor_start_date as term_start_date
    from core.renewals
    inner join core.term_successors
        on renewals.namespace = term_successors.namespace
        and renewals.subscription_id = term_successors.subscription_id
        and renewals.term_start_date = term_successors.term_start_date
        and renewals.origin = term_successors.origin
    where starts_with(renewals.status, 'renewed')

),

service_terms as (

    select
        terms.*,
        renewals.status,
        renewals.due_date,
        successors.successor_start_date,
        renewed_terms.subscription_id is not null as is_renewal
    from core.subscription_terms as terms
    inner join core.renewals
        on terms.namespace = renewals.namespace
        and terms.subscription_id = renewals.subscription_id
        and terms.term_start_date = renewals.term_start_date
        and terms.origin = renewals.origin
    inner join core.term_successors as successors
        on terms.namespace = successors.namespace
        and terms.subscription_id = successors.subscription_id
        and terms.term_start_date = successors.term_start_date
        and terms.origin = successors.origin
    left join renewed_terms
        on terms.namespace = renewed_terms.namespace
        and terms.subscription_id = renewed_terms.subscription_id
        and terms.term_start_date = renewed_terms.term_start_date
    where terms.origin != 'trial'

),

served_terms as (

    select
        *,
        case
            when is_renewal then term_start_date
            else greatest(term_start_date, confirmed_date)
        end as service_start_date,
        case
            when starts_with(status, 'renewed') then successor_start_date
            when status = 'cancelled_midterm' then ended_date
            when status in ('lapsed', 'coterminated') then due_date
            when term_end_date is null then ended_date
        end as service_end_date
    from service_terms

),

subscription_service as (

    select
        namespace,
        subscription_id,
        customer_key,
        plan_id,
        origin,
        arr_amount,
        currency,
        term_start_date,
        service_start_date,
        case
            when service_end_date is not null then greatest(service_end_date, service_start_date)
        end as service_end_date,
        case
            when paused_from_date > service_start_date
                and coalesce(paused_from_date < service_end_date, true)
                then paused_from_date
        end as paused_from_date,
        case
            when paused_from_date > service_start_date
                and coalesce(paused_from_date < service_end_date, true)
                then least(paused_to_date, service_end_date)
        end as paused_to_date
    from served_terms

)

select * from subscription_service
