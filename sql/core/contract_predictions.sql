/*
description: >
  What customers with a contract are expected to renew, by the shifted beta-geometric model of
  contracts of their term length (core.contract_models): the more renewals a contract has come
  through, the likelier the next one. A prediction that cannot be made is null with a reason.
grain: [customer_key]
params:
  monthly_discount_rate: {type: float64, default: 0.01, description: What a later month is discounted by.}
columns:
  customer_key: {type: int64, description: Join key of the customer.}
  contract_count: {type: int64, description: Contracts with a term that is open.}
  renewal_probability: {type: float64, description: Chance that the one of them that is due first is renewed.}
  contract_clv_12m: {type: "decimal(18,4)", description: 'Price of the renewals to expect in the next 12 months, each for its term, discounted by $monthly_discount_rate at the end of its month.'}
  due_date: {type: date, description: Day by which the first of them has to be renewed.}
  reason: {type: string, description: 'Why either is null; null where neither is.'}
*/
with

open_contracts as (

    select
        lives.*,
        named_struct(
            'parameters', named_struct('alpha', models.alpha, 'beta', models.beta),
            'converged', models.is_converged
        ) as sbg,
        case
            when models.reason is not null then models.reason
            when lives.currency != $currency then 'priced in another currency'
        end as reason
    from core.contract_lives as lives
    inner join core.contract_models as models
        on lives.term_months = models.term_months
    where not lives.is_lost
        and lives.due_date is not null

),

renewal_dates as (

    select
        contracts.*,
        numbers.renewal,
        add_months_anchored(contracts.due_date, (numbers.renewal - 1) * contracts.term_months)
            as renewal_date
    -- The few rows first: what a cross join sees first it holds in memory.
    from (select unnest(generate_series(1, 12)) as renewal) as numbers
    cross join open_contracts as contracts

),

renewals as (

    select
        *,
        greatest(
            ceil(cast(cast(renewal_date - $as_of_date as bigint) as double) / 30.4375),
            cast(0 as double)
        ) as months_ahead,
        sbg_survival(sbg, decided_count + renewal) / sbg_survival(sbg, decided_count)
            as survival_probability
    from renewal_dates

),

renewal_values as (

    select
        customer_key,
        sum(cast(
            due_arr_amount * term_months / 12
                * survival_probability / power(1 + $monthly_discount_rate, months_ahead)
            as decimal(24, 8)
        )) as contract_value
    from renewals
    where months_ahead <= 12
    group by customer_key

),

contract_sums as (

    select
        customer_key,
        count(*) as contract_count,
        first_value(sbg_retention(sbg, decided_count + 1) order by due_date, plan_id, term_months)
            as renewal_probability,
        min(due_date) as due_date,
        min(reason) as reason
    from open_contracts
    group by customer_key

),

contract_predictions as (

    select
        contract_sums.customer_key,
        contract_sums.contract_count,
        contract_sums.renewal_probability,
        case
            when contract_sums.reason is null
                then cast(coalesce(renewal_values.contract_value, 0) as decimal(18, 4))
        end as contract_clv_12m,
        contract_sums.due_date,
        contract_sums.reason
    from contract_sums
    left join renewal_values
        on contract_sums.customer_key = renewal_values.customer_key

)

select * from contract_predictions
