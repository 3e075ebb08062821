/*
description: >
  The touchpoints of known customers as each declared journey sees them: the stage they belong to,
  and whether they start, complete or leave the journey. Generated from `journeys:`.
grain: [journey, kind, namespace, event_id]
columns:
  journey: {type: string, description: The declared journey.}
  kind: {type: string, description: Kind of the touchpoint.}
  namespace: {type: string, description: Namespace of the event's id.}
  event_id: {type: string, description: Id of the touchpoint.}
  customer_key: {type: int64, description: The person.}
  session_id: {type: string, description: Visit of a web event; else null.}
  event_name: {type: string, description: What happened.}
  channel: {type: string, description: Where it happened.}
  event_sequence: {type: int64, description: The vendor's order among events of one time stamp.}
  stage: {type: string, description: The first stage whose condition holds; null if none does.}
  is_start: {type: bool, description: Whether it can start the journey.}
  is_goal: {type: bool, description: Whether it completes the journey.}
  is_exit: {type: bool, description: Whether it ends the journey without its goal.}
  occurred_at: {type: timestamp, description: When it happened.}
*/
with

purchase_touchpoints as (

    select
        *,
        case
            when (event_name = 'ad_click' or utm_source is not null) then 'see'
            when (event_name in ('add_to_cart', 'order_placed') -- a cart counts
) then 'buy'
        end as stage
    from core.touchpoints
    where customer_key is not null
        and not is_bot

),

support_touchpoints as (

    select
        *,
        case
            when (kind = 'ticket') then 'asked'
        end as stage
    from core.touchpoints
    where customer_key is not null
        and not is_bot

)

select
    'purchase' as journey,
    kind,
    namespace,
    event_id,
    customer_key,
    session_id,
    event_name,
    channel,
    event_sequence,
    stage,
    coalesce((stage = 'see'), false) as is_start,
    coalesce((event_name = 'order_placed'), false) as is_goal,
    coalesce((outcome = 'abandoned'), false) as is_exit,
    occurred_at
from purchase_touchpoints

union all

select
    'support' as journey,
    kind,
    namespace,
    event_id,
    customer_key,
    session_id,
    event_name,
    channel,
    event_sequence,
    stage,
    stage is not null as is_start,
    coalesce((outcome = 'ok'), false) as is_goal,
    false as is_exit,
    occurred_at
from support_touchpoints

/*
description: >
  The touchpoints that take a step of a declared funnel; one that fits two steps has two rows. Where
  only a step's successor may come after it, the touchpoints of no step are there too, as step 0.
  Generated from `funnels:`.
grain: [funnel, step_number, kind, namespace, event_id]
columns:
  funnel: {type: string, description: The declared funnel.}
  step_number: {type: int64, description: 'Place of the step, from 1; 0 for none.'}
  kind: {type: string, description: Kind of the touchpoint.}
  namespace: {type: string, description: Namespace of the event's id.}
  event_id: {type: string, description: Id of the touchpoint.}
  customer_key: {type: int64, description: The person; null if unknown.}
  session_id: {type: string, description: Visit of a web event; else null.}
  event_sequence: {type: int64, description: The vendor's order among events of one time stamp.}
  occurred_at: {type: timestamp, description: When it happened.}
*/
select
    'checkout' as funnel,
    cast(1 as bigint) as step_number,
    kind,
    namespace,
    event_id,
    customer_key,
    session_id,
    event_sequence,
    occurred_at
from core.touchpoints
where not is_bot
    and event_name = 'view_item'

union all

select
    'checkout' as funnel,
    cast(2 as bigint) as step_number,
    kind,
    namespace,
    event_id,
    customer_key,
    session_id,
    event_sequence,
    occurred_at
from core.touchpoints
where not is_bot
    and (event_name = 'purchase' and value > 0)

union all

select
    'checkout' as funnel,
    cast(3 as bigint) as step_number,
    kind,
    namespace,
    event_id,
    customer_key,
    session_id,
    event_sequence,
    occurred_at
from core.touchpoints
where not is_bot
    and event_name = 'it''s done'

union all

select
    'checkout' as funnel,
    cast(0 as bigint) as step_number,
    kind,
    namespace,
    event_id,
    customer_key,
    session_id,
    event_sequence,
    occurred_at
from core.touchpoints
where not is_bot
    and not coalesce(event_name = 'view_item', false)
    and not coalesce((event_name = 'purchase' and value > 0), false)
    and not coalesce(event_name = 'it''s done', false)

/*
description: >
  The deepest step of a declared funnel that a chain of touchpoints reached within the window, per
  entry of `journeys.funnel_entries`. Generated from `funnels:`.
grain: [funnel, unit_key, period_start_date]
columns:
  funnel: {type: string, description: The declared funnel.}
  unit_key: {type: int64, description: Join key of the customer or the visit.}
  period_start_date: {type: date, description: Local month of the entry.}
  reached_step_number: {type: int64, description: 'Deepest step reached, from 1.'}
*/
select
    'checkout' as funnel,
    unit_key,
    period_start_date,
    window_funnel(7200, 'strict_order', occurred_at, step_number = 1, step_number = 2, step_number = 3) as reached_step_number
from journeys.funnel_entries
where funnel = 'checkout'
group by unit_key, period_start_date

/*
description: >
  The customers of each declared segment. Generated from `segments:`.
grain: [segment, customer_id]
columns:
  segment: {type: string, description: The declared segment.}
  customer_id: {type: string, description: The customer.}
  customer_key: {type: int64, description: Join key of customer_id.}
*/
select
    'young' as segment,
    customer_id,
    customer_key
from core.customers
where (birth_year >= 1996)

union all

select
    'dutch' as segment,
    customer_id,
    customer_key
from core.customers
where (country_code = 'NL')

/*
description: >
  The touchpoints that begin or complete a declared task, of known people and without robots.
  Generated from `tasks:`.
grain: [task, kind, namespace, event_id]
columns:
  task: {type: string, description: The declared task.}
  kind: {type: string, description: Kind of the touchpoint.}
  namespace: {type: string, description: Namespace of the event's id.}
  event_id: {type: string, description: Id of the touchpoint.}
  customer_key: {type: int64, description: 'The person, known or anonymous.'}
  event_sequence: {type: int64, description: The vendor's order among events of one time stamp.}
  is_from: {type: bool, description: Whether it begins the task.}
  is_to: {type: bool, description: Whether it completes the task.}
  occurred_at: {type: timestamp, description: When it happened.}
*/
with

checkout_events as (

    select
        'checkout' as task,
        kind,
        namespace,
        event_id,
        customer_key,
        event_sequence,
        coalesce((event_name = 'begin_checkout'), false) as is_from,
        coalesce((kind = 'order' or outcome = 'ok'), false) as is_to,
        occurred_at
    from core.touchpoints
    where customer_key is not null
        and not is_bot

),

ask_events as (

    select
        'ask' as task,
        kind,
        namespace,
        event_id,
        customer_key,
        event_sequence,
        coalesce((kind = 'ticket'), false) as is_from,
        coalesce((outcome = 'ok'), false) as is_to,
        occurred_at
    from core.touchpoints
    where customer_key is not null
        and not is_bot

)

select *
from checkout_events
where is_from
    or is_to
union all
select *
from ask_events
where is_from
    or is_to

/*
description: >
  Visits in the weeks before and after each declared change, robots left out. Generated from
  `changes:`.
columns:
  change: {type: string, description: The declared change.}
  role: {type: string, description: 'changed, or control for visits that the change is not about.'}
  is_after: {type: bool, description: Whether the visit began on the day of the change or later.}
  visitor_key: {type: int64, description: Key of the cookie or login.}
  view_count: {type: int64, description: Page and screen views.}
  duration_microseconds: {type: int64, description: From first to last event.}
  is_engaged: {type: bool, description: Whether the visit was engaged.}
  is_converted: {type: bool, description: Whether an event of the visit carries an order.}
*/
with

landing_sessions as (

    select
        'landing' as change,
        case
            when (landing_page_path = '/new') then 'changed'
            when (landing_page_path = '/old') then 'control'
        end as role,
        started_date >= date '2026-03-01' as is_after,
        visitor_key,
        view_count,
        duration_microseconds,
        is_engaged,
        is_converted
    from core.sessions
    where not is_bot
        and started_date >= date '2026-02-15'
        and started_date < date '2026-03-15'

),

prices_sessions as (

    select
        'prices' as change,
        case
            when (country_code = 'BE') then 'control'
            else 'changed'
        end as role,
        started_date >= date '2026-01-01' as is_after,
        visitor_key,
        view_count,
        duration_microseconds,
        is_engaged,
        is_converted
    from core.sessions
    where not is_bot
        and started_date >= date '2025-12-04'
        and started_date < date '2026-01-29'

)

select *
from landing_sessions
where role is not null
union all
select *
from prices_sessions
where role is not null

/*
description: >
  The touchpoints that count as success of a declared experiment, robots left out. Generated from
  `experiments:`.
columns:
  experiment_id: {type: string, description: The experiment.}
  customer_key: {type: int64, description: 'The person, known or anonymous.'}
  occurred_at: {type: timestamp, description: When it happened.}
*/
select
    'exp''7' as experiment_id,
    customer_key,
    occurred_at
from core.touchpoints
where customer_key is not null
    and not is_bot
    and (event_name = 'purchase')

union all

select
    'mail' as experiment_id,
    customer_key,
    occurred_at
from core.touchpoints
where customer_key is not null
    and not is_bot
    and (kind = 'order')
