/*
description: >
  Contacts that no site or app recorded: orders, subscriptions, deals, tickets, survey answers,
  public mentions, logged activities, and dealings with competitors that respondents declared. What
  a kind of contact does not have is null.
grain: [kind, namespace, event_id]
columns:
  kind: {type: string, description: 'order, subscription, deal, ticket, survey, mention, activity or declared.'}
  namespace: {type: string, description: Namespace in which event_id is unique within its kind.}
  event_id: {type: string, description: 'Id of the order, subscription, ticket, response, mention or activity; deal and /opened or /closed; response and / and question of what was declared.'}
  customer_key: {type: int64, description: Join key of customer_id.}
  event_name: {type: string, description: 'order_placed, subscription_started, deal_opened, deal_won, deal_lost, ticket_opened, survey_answered, mention_published, competitor_declared; the kind of an activity.'}
  channel: {type: string, description: 'Channel the source names.'}
  direction: {type: string, description: 'in (from the customer) or out (to the customer).'}
  actor: {type: string, description: 'own or third_party for mentions, competitor for what was declared; else null.'}
  topic: {type: string, description: 'Topic of a ticket, pipeline of a deal, id of a survey or name of a competitor.'}
  order_id: {type: string, description: Order the touchpoint belongs to.}
  case_id: {type: string, description: Support case or deal.}
  agent_id: {type: string, pii: employee, description: Employee.}
  agent_team: {type: string, description: Team of the employee.}
  outcome: {type: string, description: 'ok, error, abandoned or the source''s word.'}
  score: {type: int64, description: Score of a survey answer or stars of a mention.}
  value: {type: "decimal(18,4)", description: Value of the touchpoint in its currency.}
  currency: {type: string, description: ISO 4217 currency of value.}
  duration_ms: {type: int64, description: Milliseconds the touchpoint lasted.}
  occurred_at: {type: timestamp, description: When it happened.}
*/
with

activity_touchpoints as (

    select
        'activity' as kind,
        activities.namespace,
        activities.activity_id as event_id,
        identities.customer_key,
        activities.kind as event_name,
        activities.kind as channel,
        activities.direction,
        activities.case_id,
        activities.agent_id,
        activities.agent_team,
        activities.outcome,
        activities.amount as value,
        activities.currency,
        activities.duration_ms,
        activities.occurred_at
    from inbound.activities
    left join core.identities
        on activities.party_type = identities.id_type
        and case
            when activities.party_type = 'email' then normalize_email(activities.party_id)
            else activities.party_id
        end = identities.id_value

),

deal_touchpoints as (

    select
        *,
        'opened' as move,
        'deal_opened' as event_name,
        opened_at as occurred_at
    from core.deals
    union all
    select
        *,
        'closed' as move,
        'deal_' || status as event_name,
        closed_at as occurred_at
    from core.deals
    where status != 'open'

),

contacts_off_web as (

    select * from activity_touchpoints
    union all by name
    select
        'order' as kind,
        namespace,
        order_id as event_id,
        customer_key,
        'order_placed' as event_name,
        sales_channel as channel,
        order_id,
        net_amount as value,
        currency,
        ordered_at as occurred_at
    from core.orders
    union all by name
    select
        'subscription' as kind,
        namespace,
        subscription_id as event_id,
        customer_key,
        'subscription_started' as event_name,
        plan_id as topic,
        started_at as occurred_at
    from core.subscriptions
    where started_at is not null
    union all by name
    select
        'deal' as kind,
        namespace,
        deal_id || '/' || move as event_id,
        customer_key,
        event_name,
        'sales' as channel,
        pipeline as topic,
        deal_id as case_id,
        agent_id,
        amount as value,
        currency,
        occurred_at
    from deal_touchpoints
    union all by name
    select
        'ticket' as kind,
        namespace,
        ticket_id as event_id,
        customer_key,
        'ticket_opened' as event_name,
        channel,
        topic,
        ticket_id as case_id,
        agent_id,
        agent_team,
        opened_at as occurred_at
    from core.tickets
    union all by name
    select
        'survey' as kind,
        namespace,
        response_id as event_id,
        customer_key,
        'survey_answered' as event_name,
        channel,
        survey_id as topic,
        score,
        answered_at as occurred_at
    from core.surveys
    union all by name
    select
        'mention' as kind,
        namespace,
        mention_id as event_id,
        customer_key,
        'mention_published' as event_name,
        network as channel,
        case when is_controlled then 'out' else 'in' end as direction,
        case when is_controlled then 'own' else 'third_party' end as actor,
        rating as score,
        published_at as occurred_at
    from core.social_mentions
    union all by name
    select
        'declared' as kind,
        surveys.namespace,
        surveys.response_id || '/' || survey_answers.question_id as event_id,
        surveys.customer_key,
        'competitor_declared' as event_name,
        'survey' as channel,
        'competitor' as actor,
        coalesce(survey_answers.answer_code, survey_answers.answer_text) as topic,
        surveys.answered_at as occurred_at
    from core.surveys
    inner join inbound.survey_answers
        on surveys.namespace = survey_answers.namespace
        and surveys.response_id = survey_answers.response_id
    left semi join config.competitor_questions
        on survey_answers.question_id = competitor_questions.question_id
    where coalesce(survey_answers.answer_code, survey_answers.answer_text) is not null

),

touchpoints as (

    select
        kind,
        namespace,
        event_id,
        customer_key,
        event_name,
        channel,
        direction,
        actor,
        topic,
        order_id,
        case_id,
        agent_id,
        agent_team,
        outcome,
        score,
        value,
        currency,
        duration_ms,
        occurred_at
    from contacts_off_web

)

select * from touchpoints
