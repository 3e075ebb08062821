/*
description: >
  How many renewals each contract has come through. A life is a run of terms of one length for one
  plan and customer; it ends when a term lapses or is cancelled, and a later return begins another.
  A change of plan or of term length ends a life without loss.
grain: [customer_key, plan_id, term_months, life_number]
columns:
  customer_key: {type: int64, description: Join key of the customer.}
  plan_id: {type: string, description: Plan or product family; empty if unknown.}
  term_months: {type: int64, description: 'Length of a term in months of 365.25 / 12 days, rounded, at least 1.'}
  life_number: {type: int64, description: 'Position among the lives of the customer, plan and length, from 1.'}
  renewal_count: {type: int64, description: Terms that were renewed.}
  decided_count: {type: int64, description: Terms that were renewed or lost.}
  is_lost: {type: bool, description: Whether the last of them was lost.}
  due_arr_amount: {type: "decimal(18,4)", description: Annualised price of the term that is open; null if none is.}
  currency: {type: string, description: ISO 4217 currency of due_arr_amount.}
  due_date: {type: date, description: Day by which that term has to be renewed; null if none is open.}
*/
with

terms as (

    select
        customer_key,
        coalesce(plan_id, '') as plan_id,
        -- Rounded: a year that ends a day early is a year, and 90 days are 3 months in any season.
        greatest(
            cast(round(cast(cast(term_end_date - term_start_date as bigint) as double) / 30.4375)
                as bigint),
            1
        ) as term_months,
        namespace,
        subscription_id,
        origin,
        starts_with(status, 'renewed') as is_renewed,
        status in ('lapsed', 'cancelled_midterm') as is_lost,
        status = 'open' and due_date is not null as is_open,
        due_arr_amount,
        currency,
        term_start_date,
        due_date
    from core.renewals
    where customer_key is not null
        and term_end_date is not null
        and status not in ('trial_excluded', 'coterminated')

),

numbered_terms as (

    select
        *,
        1 + coalesce(sum(cast(is_lost as bigint)) over (
            partition by customer_key, plan_id, term_months
            order by term_start_date, namespace, subscription_id, origin
            rows between unbounded preceding and 1 preceding
        ), 0) as life_number
    from terms

),

contract_lives as (

    select
        customer_key,
        plan_id,
        term_months,
        life_number,
        count(*) filter (where is_renewed) as renewal_count,
        count(*) filter (where is_renewed or is_lost) as decided_count,
        bool_or(is_lost) as is_lost,
        first_value(due_arr_amount order by due_date desc, namespace, subscription_id, origin)
            filter (where is_open) as due_arr_amount,
        first_value(currency order by due_date desc, namespace, subscription_id, origin)
            filter (where is_open) as currency,
        max(due_date) filter (where is_open) as due_date
    from numbered_terms
    group by customer_key, plan_id, term_months, life_number

)

select * from contract_lives
