/*
description: >
  Support cases and deals as chains of contacts, whatever the channel: who dealt with them, how
  often they changed hands, and whether they left the channel they began in.
grain: [namespace, case_id]
columns:
  namespace: {type: string, description: Namespace in which case_id is unique.}
  case_id: {type: string, description: The support case or deal.}
  customer_key: {type: int64, description: The person of the first contact that has one; null if none has.}
  first_channel: {type: string, description: Channel of the first contact.}
  contact_count: {type: int64, description: Contacts.}
  agent_count: {type: int64, description: Different employees.}
  team_count: {type: int64, description: Different teams.}
  handover_count: {type: int64, description: 'Times that another employee took over than had the contact before.'}
  is_escalated: {type: bool, description: Whether a later contact was in another channel than the first.}
  first_contact_at: {type: timestamp, description: First contact.}
  last_contact_at: {type: timestamp, description: Last contact.}
checks:
  - contact_count > 0 and handover_count < contact_count
*/
with

contacts as (

    select
        namespace,
        case_id,
        kind,
        event_id,
        customer_key,
        channel,
        agent_id,
        agent_team,
        event_sequence,
        occurred_at
    from core.touchpoints
    where case_id is not null
        and kind != 'deal'
        and not is_bot

),

agent_contacts as (

    select
        namespace,
        case_id,
        agent_id,
        lag(agent_id) over (
            partition by namespace, case_id
            order by occurred_at, event_sequence, kind, event_id
        ) as previous_agent_id
    from contacts
    where agent_id is not null

),

handovers as (

    select
        namespace,
        case_id,
        count(*) filter (where agent_id != previous_agent_id) as handover_count
    from agent_contacts
    group by namespace, case_id

),

case_sums as (

    select
        namespace,
        case_id,
        first_value(customer_key order by occurred_at, event_sequence, kind, event_id)
            filter (where customer_key is not null) as customer_key,
        first_value(channel order by occurred_at, event_sequence, kind, event_id)
            as first_channel,
        count(*) as contact_count,
        count(distinct agent_id) as agent_count,
        count(distinct agent_team) as team_count,
        min(channel) != max(channel) as is_escalated,
        min(occurred_at) as first_contact_at,
        max(occurred_at) as last_contact_at
    from contacts
    group by namespace, case_id

),

cases as (

    select
        case_sums.namespace,
        case_sums.case_id,
        case_sums.customer_key,
        case_sums.first_channel,
        case_sums.contact_count,
        case_sums.agent_count,
        case_sums.team_count,
        coalesce(handovers.handover_count, 0) as handover_count,
        case_sums.is_escalated,
        case_sums.first_contact_at,
        case_sums.last_contact_at
    from case_sums
    left join handovers
        on case_sums.namespace = handovers.namespace
        and case_sums.case_id = handovers.case_id

)

select * from cases
