/*
description: >
  Contacts of each employee with customers per local month, and what came after them. Employees are
  shown by a pseudonym. That customers ordered afterwards is associated with the contact, not shown
  to be caused by it.
grain: [period_start_date, agent_team, agent_id]
requires: [tickets]
columns:
  period_start_date: {type: date, description: Local month of the contacts.}
  agent_team: {type: string, description: Team; Unassigned if not told.}
  agent_id: {type: string, pii: employee, description: Pseudonym of the employee.}
  contact_count: {type: int64, description: Contacts.}
  customer_count: {type: int64, description: Different persons.}
  case_count: {type: int64, description: Different support cases and deals.}
  median_handle_seconds: {type: float64, description: Median length of contacts that tell it; null if none does.}
  solved_ticket_count: {type: int64, description: Support cases opened in the month that were solved.}
  ticket_count: {type: int64, description: Support cases opened in the month.}
  solved_rate: {type: float64, description: solved_ticket_count over ticket_count.}
  solved_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  solved_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  rated_ticket_count: {type: int64, description: Those of the cases rated good or bad.}
  satisfied_ticket_count: {type: int64, description: Those of them rated good.}
  satisfied_rate: {type: float64, description: satisfied_ticket_count over rated_ticket_count.}
  satisfied_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  satisfied_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  ordered_customer_count: {type: int64, description: Persons who ordered within 30 days after a contact.}
  ordered_rate: {type: float64, description: ordered_customer_count over customer_count.}
  ordered_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  ordered_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  is_complete: {type: bool, description: 'Whether the month and 30 days more are over, with late_days.'}
  is_suppressed: {type: bool, description: Whether rates and times are withheld because of min_cell persons.}
checks:
  - solved_ticket_count <= ticket_count and satisfied_ticket_count <= rated_ticket_count
  - ordered_customer_count <= customer_count
*/
with

contacts as (

    select
        period_start(occurred_date, 'month') as period_start_date,
        coalesce(agent_team, 'Unassigned') as agent_team,
        entity_key(namespace || '.agent', agent_id) as agent_id,
        namespace,
        customer_key,
        case_id,
        duration_ms,
        occurred_at
    from core.touchpoints
    where agent_id is not null
        and kind in ('event', 'ticket', 'activity')

),

contact_sums as (

    select
        period_start_date,
        agent_team,
        agent_id,
        count(*) as contact_count,
        count(distinct customer_key) as customer_count,
        count(distinct case_id) as case_count,
        quantile_exact(duration_ms, 0.5) / 1000 as median_handle_seconds
    from contacts
    group by period_start_date, agent_team, agent_id

),

ordering_sums as (

    select
        contacts.period_start_date,
        contacts.agent_team,
        contacts.agent_id,
        count(distinct contacts.customer_key) as ordered_customer_count
    from contacts
    inner join core.orders
        on contacts.customer_key = orders.customer_key
        and orders.ordered_at > contacts.occurred_at
        and orders.ordered_at <= contacts.occurred_at + interval '30 days'
    group by contacts.period_start_date, contacts.agent_team, contacts.agent_id

),

ticket_sums as (

    select
        period_start(opened_date, 'month') as period_start_date,
        coalesce(agent_team, 'Unassigned') as agent_team,
        entity_key(namespace || '.agent', agent_id) as agent_id,
        count(*) as ticket_count,
        count(*) filter (where is_solved) as solved_ticket_count,
        count(*) filter (where satisfaction_score in ('good', 'bad')) as rated_ticket_count,
        count(*) filter (where satisfaction_score = 'good') as satisfied_ticket_count
    from core.tickets
    where agent_id is not null
    group by
        period_start(opened_date, 'month'),
        coalesce(agent_team, 'Unassigned'),
        entity_key(namespace || '.agent', agent_id)

),

agents as (

    select
        contact_sums.*,
        coalesce(ticket_sums.ticket_count, 0) as ticket_count,
        coalesce(ticket_sums.solved_ticket_count, 0) as solved_ticket_count,
        coalesce(ticket_sums.rated_ticket_count, 0) as rated_ticket_count,
        coalesce(ticket_sums.satisfied_ticket_count, 0) as satisfied_ticket_count,
        coalesce(ordering_sums.ordered_customer_count, 0) as ordered_customer_count,
        contact_sums.customer_count < settings.min_cell as is_suppressed,
        cast(contact_sums.period_start_date + interval '1 month' as date) + 30
            <= $as_of_date + 1 - settings.late_days as is_complete
    from contact_sums
    cross join config.settings as settings
    left join ticket_sums
        on contact_sums.period_start_date = ticket_sums.period_start_date
        and contact_sums.agent_team = ticket_sums.agent_team
        and contact_sums.agent_id = ticket_sums.agent_id
    left join ordering_sums
        on contact_sums.period_start_date = ordering_sums.period_start_date
        and contact_sums.agent_team = ordering_sums.agent_team
        and contact_sums.agent_id = ordering_sums.agent_id

),

-- What rates are of; null where too few persons stand behind them.
bases as (

    select
        *,
        case when not is_suppressed then ticket_count end as shown_ticket_count,
        case when not is_suppressed then rated_ticket_count end as shown_rated_count,
        case when not is_suppressed then customer_count end as shown_customer_count
    from agents

),

agent_interactions as (

    select
        period_start_date,
        agent_team,
        agent_id,
        contact_count,
        customer_count,
        case_count,
        case when not is_suppressed then median_handle_seconds end as median_handle_seconds,
        solved_ticket_count,
        ticket_count,
        rate(solved_ticket_count, shown_ticket_count) as solved_rate,
        wilson_low(solved_ticket_count, shown_ticket_count) as solved_wilson_low,
        wilson_high(solved_ticket_count, shown_ticket_count) as solved_wilson_high,
        rated_ticket_count,
        satisfied_ticket_count,
        rate(satisfied_ticket_count, shown_rated_count) as satisfied_rate,
        wilson_low(satisfied_ticket_count, shown_rated_count) as satisfied_wilson_low,
        wilson_high(satisfied_ticket_count, shown_rated_count) as satisfied_wilson_high,
        ordered_customer_count,
        rate(ordered_customer_count, shown_customer_count) as ordered_rate,
        wilson_low(ordered_customer_count, shown_customer_count) as ordered_wilson_low,
        wilson_high(ordered_customer_count, shown_customer_count) as ordered_wilson_high,
        is_complete,
        is_suppressed
    from bases

)

select * from agent_interactions
