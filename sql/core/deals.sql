/*
description: >
  Sales opportunities as they stood at the end of $as_of_date. A deal that closed later is open.
grain: [namespace, deal_id]
columns:
  namespace: {type: string, description: Namespace in which deal_id is unique.}
  deal_id: {type: string, description: Id of the deal.}
  customer_id: {type: string, description: Contact the deal is with; null if unknown.}
  customer_key: {type: int64, description: Join key of customer_id.}
  account_id: {type: string, description: Account the deal is with.}
  pipeline: {type: string, description: Sales pipeline.}
  stage: {type: string, description: Stage in the CRM's words.}
  status: {type: string, description: 'won, lost or open.'}
  agent_id: {type: string, pii: employee, description: Employee who owns the deal.}
  amount: {type: "decimal(18,4)", description: Expected or won amount.}
  currency: {type: string, description: ISO 4217 currency of amount.}
  reporting_amount: {type: "decimal(18,4)", description: 'amount at the rate of the day the deal closed, else of $as_of_date; null without a rate.'}
  open_days: {type: int64, description: 'Local days from opening to closing, else to $as_of_date.'}
  opened_at: {type: timestamp, description: When the deal was created.}
  closed_at: {type: timestamp, description: When it was won or lost; null while open.}
checks:
  - (status = 'open') = (closed_at is null)
*/
with

known_deals as (

    select
        *,
        case when closed_at < $as_of and is_won is not null then closed_at end
            as known_closed_at,
        short_key(entity_key(namespace || '.contact', contact_id)) as identifier_key
    from inbound.deals

),

dated_deals as (

    select
        *,
        case
            when known_closed_at is null then 'open'
            when is_won then 'won'
            else 'lost'
        end as status,
        coalesce(local_date(known_closed_at, $timezone), $as_of_date) as last_date,
        local_date(created_at, $timezone) as opened_date
    from known_deals

),

deals as (

    select
        dated_deals.namespace,
        dated_deals.deal_id,
        identities.customer_id,
        identities.customer_key,
        dated_deals.account_id,
        dated_deals.pipeline,
        dated_deals.stage,
        dated_deals.status,
        dated_deals.owner_id as agent_id,
        dated_deals.amount,
        dated_deals.currency,
        cast(dated_deals.amount * exchange_rates.rate as decimal(18, 4)) as reporting_amount,
        cast(dated_deals.last_date - dated_deals.opened_date as bigint) as open_days,
        dated_deals.created_at as opened_at,
        dated_deals.known_closed_at as closed_at
    from dated_deals
    left join core.identities
        on dated_deals.identifier_key = identities.identifier_key
    left join core.exchange_rates
        on dated_deals.currency = exchange_rates.currency
        and dated_deals.last_date >= exchange_rates.valid_from_date
        and (
            dated_deals.last_date < exchange_rates.valid_to_date
            or exchange_rates.valid_to_date is null
        )

)

select * from deals
