/*
description: Support cases with who asked, how fast they were answered and whether they came back.
grain: [namespace, ticket_id]
columns:
  namespace: {type: string, description: Namespace in which ticket_id is unique.}
  ticket_id: {type: string, description: Id of the ticket.}
  customer_id: {type: string, description: Who asked; null if unknown.}
  customer_key: {type: int64, description: Join key of customer_id.}
  topic: {type: string, description: What it is about; Unassigned if not told.}
  channel: {type: string, description: Channel of the request; Unassigned if not told.}
  agent_id: {type: string, pii: employee, description: Employee who handled it.}
  agent_team: {type: string, description: Team that handled it.}
  status: {type: string, description: Status in the vendor's words.}
  satisfaction_score: {type: string, description: 'good or bad, or the vendor''s own word.'}
  reopened_count: {type: int64, description: How often it was reopened.}
  first_reply_seconds: {type: float64, description: From opening to first reply; null while unanswered.}
  resolution_seconds: {type: float64, description: From opening to solution; null while unsolved.}
  is_solved: {type: bool, description: Whether it was solved by $as_of.}
  opened_date: {type: date, description: Local day of opening.}
  opened_at: {type: timestamp, description: When it was opened.}
  first_replied_at: {type: timestamp, description: When an employee first replied.}
  solved_at: {type: timestamp, description: When it was solved; null while unsolved.}
*/
with

known_tickets as (

    select
        namespace,
        ticket_id,
        coalesce(topic, 'Unassigned') as topic,
        coalesce(channel, 'Unassigned') as channel,
        agent_id,
        agent_team,
        status,
        satisfaction_score,
        coalesce(reopened_count, 0) as reopened_count,
        opened_at,
        case when first_replied_at < $as_of then first_replied_at end as first_replied_at,
        case when solved_at < $as_of then solved_at end as solved_at,
        short_key(entity_key(
            requester_type,
            case
                when requester_type = 'email' then normalize_email(requester_id)
                else requester_id
            end
        )) as identifier_key
    from inbound.tickets

),

tickets as (

    select
        known_tickets.namespace,
        known_tickets.ticket_id,
        identities.customer_id,
        identities.customer_key,
        known_tickets.topic,
        known_tickets.channel,
        known_tickets.agent_id,
        known_tickets.agent_team,
        known_tickets.status,
        known_tickets.satisfaction_score,
        known_tickets.reopened_count,
        seconds_between(known_tickets.opened_at, known_tickets.first_replied_at)
            as first_reply_seconds,
        seconds_between(known_tickets.opened_at, known_tickets.solved_at)
            as resolution_seconds,
        known_tickets.solved_at is not null as is_solved,
        local_date(known_tickets.opened_at, $timezone) as opened_date,
        known_tickets.opened_at,
        known_tickets.first_replied_at,
        known_tickets.solved_at
    from known_tickets
    left join core.identities
        on known_tickets.identifier_key = identities.identifier_key

)

select * from tickets
