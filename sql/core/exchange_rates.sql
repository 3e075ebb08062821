/*
description: >
  Exchange rates into the reporting currency, each valid until the next one is published. The
  reporting currency itself has the rate 1 for ever.
grain: [currency, valid_from_date]
columns:
  currency: {type: string, description: ISO 4217 currency that is converted.}
  rate: {type: "decimal(18,8)", description: Reporting currency per unit of currency.}
  valid_from_date: {type: date, description: First day the rate holds.}
  valid_to_date: {type: date, description: Day after the last day it holds; null if it still holds.}
checks:
  - rate > 0
*/
with

published_rates as (

    select
        base_currency as currency,
        rate_date,
        max(rate) as rate
    from inbound.exchange_rates
    where quote_currency = $currency
        and base_currency != $currency
        and rate_date <= $as_of_date
    group by base_currency, rate_date

),

rates as (

    select
        currency,
        rate,
        rate_date as valid_from_date,
        lead(rate_date) over (partition by currency order by rate_date) as valid_to_date
    from published_rates
    union all
    select
        $currency,
        cast(1 as decimal(18, 8)),
        date '1900-01-01',
        cast(null as date)

)

select * from rates
