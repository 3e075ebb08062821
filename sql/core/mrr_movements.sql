/*
description: >
  Changes of each customer's recurring revenue, netted per local day and currency. Leaving one of
  several subscriptions is contraction; a return after nothing is reactivation; pauses change the
  revenue but neither churn nor reactivate.
grain: [customer_key, currency, movement_date, kind]
columns:
  customer_key: {type: int64, description: The customer.}
  currency: {type: string, description: ISO 4217 currency; movements never mix currencies.}
  movement_date: {type: date, description: Local day from which the change holds.}
  kind: {type: string, description: 'new, expansion, contraction, churn, reactivation, pause or resume.'}
  arr_change_amount: {type: "decimal(18,4)", description: Change of annual recurring revenue.}
  mrr_change_amount: {type: "decimal(18,4)", description: Change of monthly recurring revenue.}
  arr_after_amount: {type: "decimal(18,4)", description: 'Annual recurring revenue after the change, paused terms included; null for pause and resume.'}
checks:
  - kind in ('new', 'expansion', 'reactivation', 'resume') = (arr_change_amount > 0)
*/
with

service as (

    select *
    from core.subscription_service
    where customer_key is not null
        and arr_amount > 0

),

service_changes as (

    select customer_key, currency, service_start_date as movement_date, arr_amount as change
    from service
    union all
    select customer_key, currency, service_end_date as movement_date, -arr_amount as change
    from service
    where service_end_date is not null

),

service_days as (

    select
        customer_key,
        currency,
        movement_date,
        sum(change) as change
    from service_changes
    where movement_date <= $as_of_date
    group by customer_key, currency, movement_date
    having sum(change) != 0

),

service_balances as (

    select
        *,
        sum(change) over (
            partition by customer_key, currency
            order by movement_date
            rows between unbounded preceding and current row
        ) as balance,
        row_number() over (
            partition by customer_key, currency
            order by movement_date
        ) as movement_number
    from service_days

),

service_movements as (

    select
        customer_key,
        currency,
        movement_date,
        mrr_movement(balance - change, balance, movement_number > 1) as kind,
        change,
        balance
    from service_balances

),

pause_changes as (

    select
        customer_key,
        currency,
        paused_from_date as movement_date,
        'pause' as kind,
        -arr_amount as arr_change,
        -cast(arr_amount / 12 as decimal(18, 4)) as mrr_change
    from service
    where paused_from_date is not null
    union all
    select
        customer_key,
        currency,
        paused_to_date as movement_date,
        'resume' as kind,
        arr_amount as arr_change,
        cast(arr_amount / 12 as decimal(18, 4)) as mrr_change
    from service
    where paused_to_date is not null

),

mrr_movements as (

    select
        customer_key,
        currency,
        movement_date,
        kind,
        cast(change as decimal(18, 4)) as arr_change_amount,
        cast(
            cast(balance / 12 as decimal(18, 4)) - cast((balance - change) / 12 as decimal(18, 4))
            as decimal(18, 4)
        ) as mrr_change_amount,
        cast(balance as decimal(18, 4)) as arr_after_amount
    from service_movements
    union all
    select
        customer_key,
        currency,
        movement_date,
        kind,
        cast(sum(arr_change) as decimal(18, 4)) as arr_change_amount,
        cast(sum(mrr_change) as decimal(18, 4)) as mrr_change_amount,
        cast(null as decimal(18, 4)) as arr_after_amount
    from pause_changes
    where movement_date <= $as_of_date
    group by customer_key, currency, movement_date, kind

)

select * from mrr_movements
