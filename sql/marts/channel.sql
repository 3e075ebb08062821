/*
description: >
  Contacts per local month and channel, on the web and off it, and what became of the cases that
  began there. A case that goes on in another channel escalated: from a chatbot to a person, from a
  form to the telephone.
grain: [period_start_date, channel]
columns:
  period_start_date: {type: date, description: Local month.}
  channel: {type: string, description: Channel of the contacts; Unassigned if none is told.}
  channel_kind: {type: string, description: online or offline.}
  contact_count: {type: int64, description: 'Contacts, robots left out.'}
  in_count: {type: int64, description: Contacts from the customer.}
  out_count: {type: int64, description: Contacts to the customer.}
  customer_count: {type: int64, description: 'Different persons, anonymous ones by cookie.'}
  case_count: {type: int64, description: Cases that began in the channel in the month.}
  escalated_case_count: {type: int64, description: Those of them that went on in another channel.}
  escalation_rate: {type: float64, description: escalated_case_count over case_count.}
  escalation_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  escalation_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  ticket_count: {type: int64, description: Those of the cases that are support cases.}
  resolved_ticket_count: {type: int64, description: Those of them that were solved.}
  resolved_rate: {type: float64, description: resolved_ticket_count over ticket_count.}
  resolved_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  resolved_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days.'}
  is_suppressed: {type: bool, description: Whether rates are withheld because of min_cell persons.}
checks:
  - in_count + out_count = contact_count
  - escalated_case_count <= case_count and resolved_ticket_count <= ticket_count
*/
with

contact_sums as (

    select
        period_start(occurred_date, 'month') as period_start_date,
        channel,
        min(channel_kind) as channel_kind,
        count(*) as contact_count,
        count(*) filter (where direction = 'out') as out_count,
        count(distinct coalesce(customer_key, visitor_key)) as customer_count
    from core.touchpoints
    where not is_bot
        and kind != 'deal'
    group by period_start(occurred_date, 'month'), channel

),

begun_cases as (

    select
        period_start(cases.first_contact_at, 'month', $timezone) as period_start_date,
        cases.first_channel as channel,
        cases.is_escalated,
        tickets.ticket_id,
        tickets.is_solved
    from core.cases
    left join core.tickets
        on cases.namespace = tickets.namespace
        and cases.case_id = tickets.ticket_id

),

case_sums as (

    select
        period_start_date,
        channel,
        count(*) as case_count,
        count(*) filter (where is_escalated) as escalated_case_count,
        count(ticket_id) as ticket_count,
        count(*) filter (where is_solved) as resolved_ticket_count
    from begun_cases
    group by period_start_date, channel

),

channels as (

    select
        contact_sums.period_start_date,
        contact_sums.channel,
        contact_sums.channel_kind,
        contact_sums.contact_count,
        contact_sums.out_count,
        contact_sums.customer_count,
        coalesce(case_sums.case_count, 0) as case_count,
        coalesce(case_sums.escalated_case_count, 0) as escalated_case_count,
        coalesce(case_sums.ticket_count, 0) as ticket_count,
        coalesce(case_sums.resolved_ticket_count, 0) as resolved_ticket_count,
        case when contact_sums.customer_count >= settings.min_cell then case_sums.case_count end
            as shown_case_count,
        case when contact_sums.customer_count >= settings.min_cell then case_sums.ticket_count end
            as shown_ticket_count,
        contact_sums.period_start_date + interval '1 month'
            <= $as_of_date + 1 - settings.late_days as is_complete,
        contact_sums.customer_count < settings.min_cell as is_suppressed
    from contact_sums
    cross join config.settings as settings
    left join case_sums
        on contact_sums.period_start_date = case_sums.period_start_date
        and contact_sums.channel = case_sums.channel

),

channel as (

    select
        period_start_date,
        channel,
        channel_kind,
        contact_count,
        contact_count - out_count as in_count,
        out_count,
        customer_count,
        case_count,
        escalated_case_count,
        rate(escalated_case_count, shown_case_count) as escalation_rate,
        wilson_low(escalated_case_count, shown_case_count) as escalation_wilson_low,
        wilson_high(escalated_case_count, shown_case_count) as escalation_wilson_high,
        ticket_count,
        resolved_ticket_count,
        rate(resolved_ticket_count, shown_ticket_count) as resolved_rate,
        wilson_low(resolved_ticket_count, shown_ticket_count) as resolved_wilson_low,
        wilson_high(resolved_ticket_count, shown_ticket_count) as resolved_wilson_high,
        is_complete,
        is_suppressed
    from channels

)

select * from channel
