/*
description: >
  Companies and households as the CRM knows them, with the people, orders, subscriptions and deals
  that belong to each: the second level above customers.
grain: [namespace, account_id]
columns:
  namespace: {type: string, description: Namespace in which account_id is unique.}
  account_id: {type: string, description: CRM id of the account.}
  account_name: {type: string, description: Name of the account.}
  industry: {type: string, description: Industry in the CRM's words.}
  employee_count: {type: int64, description: Number of employees.}
  country_code: {type: string, description: ISO 3166-1 alpha-2 country.}
  contact_count: {type: int64, description: Contacts of the account that are not deleted.}
  customer_count: {type: int64, description: Different people among them who are customers.}
  reporting_revenue_amount: {type: "decimal(18,4)", description: 'What these customers paid, refunds off, in the reporting currency.'}
  open_deal_count: {type: int64, description: Deals that are open.}
  won_deal_count: {type: int64, description: Deals that were won.}
  is_deleted: {type: bool, description: Whether the CRM marks it deleted.}
  first_seen_at: {type: timestamp, description: When the first of its customers was first seen; null without customers.}
checks:
  - customer_count <= contact_count
*/
with

account_people as (

    select
        contacts.namespace,
        contacts.account_id,
        contacts.contact_id,
        customers.customer_key,
        customers.first_seen_at
    from core.contacts
    left join core.customers
        on contacts.customer_key = customers.customer_key
    where contacts.account_id is not null
        and not contacts.is_deleted

),

people_sums as (

    select
        namespace,
        account_id,
        count(*) as contact_count,
        count(distinct customer_key) as customer_count,
        min(first_seen_at) as first_seen_at
    from account_people
    group by namespace, account_id

),

account_customers as (

    select distinct
        namespace,
        account_id,
        customer_key
    from account_people
    where customer_key is not null

),

revenue_sums as (

    select
        account_customers.namespace,
        account_customers.account_id,
        sum(revenue.reporting_amount) as reporting_amount
    from account_customers
    inner join core.revenue
        on account_customers.customer_key = revenue.customer_key
    group by account_customers.namespace, account_customers.account_id

),

deal_sums as (

    select
        namespace,
        account_id,
        count(*) filter (where status = 'open') as open_deal_count,
        count(*) filter (where status = 'won') as won_deal_count
    from core.deals
    where account_id is not null
    group by namespace, account_id

),

accounts as (

    select
        accounts.namespace,
        accounts.account_id,
        accounts.name as account_name,
        accounts.industry,
        accounts.employee_count,
        accounts.country_code,
        coalesce(people_sums.contact_count, 0) as contact_count,
        coalesce(people_sums.customer_count, 0) as customer_count,
        cast(coalesce(revenue_sums.reporting_amount, 0) as decimal(18, 4))
            as reporting_revenue_amount,
        coalesce(deal_sums.open_deal_count, 0) as open_deal_count,
        coalesce(deal_sums.won_deal_count, 0) as won_deal_count,
        coalesce(accounts.is_deleted, false) as is_deleted,
        people_sums.first_seen_at
    from inbound.accounts
    left join people_sums
        on accounts.namespace = people_sums.namespace
        and accounts.account_id = people_sums.account_id
    left join revenue_sums
        on accounts.namespace = revenue_sums.namespace
        and accounts.account_id = revenue_sums.account_id
    left join deal_sums
        on accounts.namespace = deal_sums.namespace
        and accounts.account_id = deal_sums.account_id

)

select * from accounts
