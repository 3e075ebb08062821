/*
description: >
  Everything that happened between the company and each customer, in order: one row per touchpoint,
  sorted so that a reader finds a customer without reading the rest. Touchpoints of people who are
  no customers are left out.
grain: [customer_id, occurred_at, kind, namespace, event_id]
columns:
  customer_id: {type: string, description: The customer.}
  occurred_at: {type: timestamp, description: When it happened.}
  kind: {type: string, description: 'event, order, subscription, deal, ticket, survey, mention, activity or declared.'}
  namespace: {type: string, description: Namespace in which event_id is unique within its kind.}
  event_id: {type: string, description: Id of the touchpoint.}
  touchpoint: {type: string, description: What happened; the event name.}
  channel: {type: string, description: Where it happened.}
  direction: {type: string, description: 'in (from the customer) or out (to the customer).'}
  session_id: {type: string, description: Visit of a web event; else null.}
  page_path: {type: string, description: Path of the page address; null off the web.}
  topic: {type: string, description: 'Topic of a ticket, pipeline of a deal, id of a survey or name of a competitor.'}
  order_id: {type: string, description: Order the touchpoint belongs to.}
  case_id: {type: string, description: Support case or deal.}
  agent_team: {type: string, description: Team of the employee.}
  outcome: {type: string, description: 'ok, error, abandoned or the source''s word.'}
  score: {type: int64, description: Score of a survey answer or stars of a mention.}
  value: {type: "decimal(18,4)", description: Value of the touchpoint in its currency.}
  currency: {type: string, description: ISO 4217 currency of value.}
  occurred_date: {type: date, description: Local day.}
*/
with

customer_timeline as (

    select
        customers.customer_id,
        touchpoints.occurred_at,
        touchpoints.kind,
        touchpoints.namespace,
        touchpoints.event_id,
        touchpoints.event_name as touchpoint,
        touchpoints.channel,
        touchpoints.direction,
        touchpoints.session_id,
        touchpoints.page_path,
        touchpoints.topic,
        touchpoints.order_id,
        touchpoints.case_id,
        touchpoints.agent_team,
        touchpoints.outcome,
        touchpoints.score,
        touchpoints.value,
        touchpoints.currency,
        touchpoints.occurred_date
    from core.customers
    inner join core.touchpoints
        on customers.customer_key = touchpoints.customer_key
    where not touchpoints.is_bot

)

select * from customer_timeline
