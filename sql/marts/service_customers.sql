/*
description: >
  Everybody who ever had a support case, with how often and how smoothly: who has the most problems,
  and whom they had to talk to.
grain: [customer_id]
requires: [tickets]
columns:
  customer_id: {type: string, description: The person.}
  case_count: {type: int64, description: Cases.}
  unsolved_case_count: {type: int64, description: Cases not solved yet.}
  reopened_case_count: {type: int64, description: Cases that were reopened.}
  dissatisfied_case_count: {type: int64, description: Cases rated bad.}
  topic_count: {type: int64, description: Different topics.}
  contact_count: {type: int64, description: 'Contacts of all cases, the requests among them.'}
  agent_count: {type: int64, description: 'Employees per case, summed over the cases.'}
  handover_count: {type: int64, description: Times that another employee took a case over.}
  case_rank: {type: int64, description: 'Place by case_count, 1 for the most; equal counts share a place.'}
  last_opened_date: {type: date, description: Local day of the last case.}
checks:
  - unsolved_case_count <= case_count and topic_count <= case_count
  - contact_count >= case_count
*/
with

customer_sums as (

    select
        tickets.customer_id,
        count(*) as case_count,
        count(*) filter (where not tickets.is_solved) as unsolved_case_count,
        count(*) filter (where tickets.reopened_count > 0) as reopened_case_count,
        count(*) filter (where tickets.satisfaction_score = 'bad') as dissatisfied_case_count,
        count(distinct tickets.topic) as topic_count,
        sum(coalesce(cases.contact_count, 1)) as contact_count,
        sum(coalesce(cases.agent_count, 0)) as agent_count,
        sum(coalesce(cases.handover_count, 0)) as handover_count,
        max(tickets.opened_date) as last_opened_date
    from core.tickets
    left join core.cases
        on tickets.namespace = cases.namespace
        and tickets.ticket_id = cases.case_id
    where tickets.customer_id is not null
    group by tickets.customer_id

),

count_sums as (

    select
        case_count,
        count(*) as customer_count
    from customer_sums
    group by case_count

),

-- Counts are few, so the window is over them and not over the customers.
count_ranks as (

    select
        case_count,
        1 + sum(customer_count) over (
            order by case_count desc
            rows between unbounded preceding and current row
        ) - customer_count as case_rank
    from count_sums

),

service_customers as (

    select
        customer_sums.customer_id,
        customer_sums.case_count,
        customer_sums.unsolved_case_count,
        customer_sums.reopened_case_count,
        customer_sums.dissatisfied_case_count,
        customer_sums.topic_count,
        customer_sums.contact_count,
        customer_sums.agent_count,
        customer_sums.handover_count,
        count_ranks.case_rank,
        customer_sums.last_opened_date
    from customer_sums
    inner join count_ranks
        on customer_sums.case_count = count_ranks.case_count

)

select * from service_customers
