/*
description: >
  For each touchpoint, how an outcome came out for those who had it and for those who had not: the
  goal of a declared journey by touchpoints on the way, where there was a way (a journey that began
  with its goal had none); a promoter's answer and the renewal of a subscription by touchpoints of the
  90 days before.
grain: [outcome, journey, touchpoint]
columns:
  outcome: {type: string, description: 'converted, promoter or renewed.'}
  journey: {type: string, description: 'The declared journey of converted; (all) for the others.'}
  touchpoint: {type: string, description: Event name.}
  customer_count: {type: int64, description: Different persons who had it.}
  with_count: {type: int64, description: 'Ended journeys, answers or decided terms with the touchpoint.'}
  with_success_count: {type: int64, description: Those of them with the outcome.}
  without_count: {type: int64, description: The same without the touchpoint.}
  without_success_count: {type: int64, description: Those of them with the outcome.}
checks:
  - with_success_count <= with_count and without_success_count <= without_count
*/
with

ended_instances as (

    select
        journey,
        instance_key,
        customer_key,
        status = 'converted' as is_success
    from journeys.instances
    where status != 'open'
        and (step_count > 1 or status = 'abandoned')

),

answers as (

    select
        entity_key(namespace, response_id) as subject_id,
        customer_key,
        score >= 9 as is_success,
        answered_at as decided_at
    from core.surveys
    where kind = 'nps'
        and customer_key is not null

),

terms as (

    select
        entity_key(
            namespace, subscription_id, origin, cast(term_start_date as varchar)
        ) as subject_id,
        customer_key,
        starts_with(status, 'renewed') as is_success,
        local_day_start(due_date, $timezone) as decided_at
    from core.renewals
    where status not in ('open', 'coterminated', 'trial_excluded')
        and customer_key is not null
        and due_date is not null

),

subjects as (

    select 'promoter' as outcome, subject_id, customer_key, is_success, decided_at
    from answers
    union all
    select 'renewed' as outcome, subject_id, customer_key, is_success, decided_at
    from terms

),

totals as (

    select
        'converted' as outcome,
        journey,
        count(*) as subject_count,
        count(*) filter (where is_success) as success_count
    from ended_instances
    group by journey
    union all
    select
        outcome,
        '(all)' as journey,
        count(*) as subject_count,
        count(*) filter (where is_success) as success_count
    from subjects
    group by outcome

),

touched as (

    select
        'converted' as outcome,
        ended_instances.journey,
        steps.event_name as touchpoint,
        count(distinct ended_instances.customer_key) as customer_count,
        count(distinct ended_instances.instance_key) as with_count,
        count(distinct case when ended_instances.is_success then ended_instances.instance_key end)
            as with_success_count
    from ended_instances
    inner join journeys.steps
        on ended_instances.instance_key = steps.instance_key
    -- What completes or leaves the journey is the outcome itself.
    where not steps.is_goal
        and not steps.is_exit
    group by ended_instances.journey, steps.event_name
    union all
    select
        subjects.outcome,
        '(all)' as journey,
        touchpoints.event_name as touchpoint,
        count(distinct subjects.customer_key) as customer_count,
        count(distinct subjects.subject_id) as with_count,
        count(distinct case when subjects.is_success then subjects.subject_id end)
            as with_success_count
    from subjects
    inner join core.touchpoints
        on subjects.customer_key = touchpoints.customer_key
        and subjects.decided_at > touchpoints.occurred_at
        and subjects.decided_at <= touchpoints.occurred_at + interval '90 days'
    where not touchpoints.is_bot
    group by subjects.outcome, touchpoints.event_name

),

touchpoint_outcomes as (

    select
        touched.outcome,
        touched.journey,
        touched.touchpoint,
        touched.customer_count,
        touched.with_count,
        touched.with_success_count,
        totals.subject_count - touched.with_count as without_count,
        totals.success_count - touched.with_success_count as without_success_count
    from touched
    inner join totals
        on touched.outcome = totals.outcome
        and touched.journey = totals.journey

)

select * from touchpoint_outcomes
