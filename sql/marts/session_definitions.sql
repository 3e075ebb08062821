/*
description: >
  Key figures of visits per month under several rules for when a visit ends, robots left out: the
  pipeline's own rules, and those that `sessions: compare_with` names. The events are the same, so
  whatever differs comes from the definition alone; a visit with a robot's event is left out whole.
grain: [definition, month_start_date]
requires: [events]
columns:
  definition: {type: string, description: 'The rules, as the function sessionize takes them: ga4, ua, matomo, adobe or posthog, and a gap in seconds where it is not 30 minutes.'}
  month_start_date: {type: date, description: First day of the local month in which the visits began.}
  is_used: {type: bool, description: Whether the rules are those by which all other tables count.}
  visitor_count: {type: int64, description: Different visitors.}
  session_count: {type: int64, description: Visits.}
  session_count_ratio: {type: float64, description: session_count over that of the rules in use.}
  event_count: {type: int64, description: Events in the visits.}
  view_count: {type: int64, description: Page and screen views in the visits.}
  views_per_session: {type: float64, description: view_count over session_count.}
  converted_session_count: {type: int64, description: Visits with an order.}
  conversion_rate: {type: float64, description: converted_session_count over session_count.}
  conversion_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  conversion_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  conversion_rate_difference: {type: float64, description: conversion_rate minus that of the rules in use.}
  bounce_rate_ua:
    type: float64
    description: Visits of one view over visits with a view.
    authority: 'Google Analytics (Universal), bounce rate'
  bounce_rate_ua_difference: {type: float64, description: bounce_rate_ua minus that of the rules in use.}
  bounce_rate_ga4:
    type: float64
    description: Visits without engagement over visits.
    authority: 'Google Analytics 4, engaged sessions'
  bounce_rate_ga4_difference: {type: float64, description: bounce_rate_ga4 minus that of the rules in use.}
  mean_session_seconds: {type: float64, description: 'Mean length, where a visit of one event lasts 0 seconds.'}
  mean_session_seconds_difference: {type: float64, description: mean_session_seconds minus that of the rules in use.}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days.'}
  is_suppressed: {type: bool, description: 'Whether rates and lengths are withheld because of min_cell visitors.'}
checks:
  - converted_session_count <= session_count
  - not is_used or session_count_ratio = 1
*/
with

compared_events as (

    select
        session_definitions.definition,
        events.visitor_key,
        events.occurred_at,
        events.is_view,
        events.is_bot,
        events.engagement_ms,
        events.order_id,
        sessionize(
            events.occurred_at,
            session_definitions.definition,
            case
                when coalesce(events.utm_source, events.utm_medium, events.utm_campaign) is null
                    then events.click_id
                else concat_ws(
                    '|',
                    coalesce(events.utm_source, ''),
                    coalesce(events.utm_medium, ''),
                    coalesce(events.utm_campaign, '')
                )
            end,
            $timezone
        ) over (
            partition by session_definitions.definition, events.visitor_key
            order by
                events.occurred_at,
                events.event_sequence,
                events.namespace,
                events.event_id
        ) as session_index
    from core.events
    cross join config.session_definitions
    where not session_definitions.is_used
        and events.visitor_key is not null

),

compared_sums as (

    select
        definition,
        visitor_key,
        count(*) as event_count,
        count(*) filter (where is_view) as view_count,
        sum(engagement_ms) as engagement_ms,
        bool_or(order_id is not null) as is_converted,
        bool_or(is_bot) as is_bot,
        min(occurred_at) as started_at,
        microseconds_between(min(occurred_at), max(occurred_at)) as duration_microseconds
    from compared_events
    group by definition, visitor_key, session_index

),

sessions as (

    select
        session_definitions.definition,
        sessions.visitor_key,
        sessions.event_count,
        sessions.view_count,
        sessions.duration_microseconds,
        sessions.is_engaged,
        sessions.is_converted,
        sessions.started_date
    from core.sessions
    cross join config.session_definitions
    where session_definitions.is_used
        and not sessions.is_bot
    union all
    select
        definition,
        visitor_key,
        event_count,
        view_count,
        duration_microseconds,
        coalesce(engagement_ms > 10000, duration_microseconds > 10000000)
            or is_converted
            or view_count >= 2 as is_engaged,
        is_converted,
        local_date(started_at, $timezone) as started_date
    from compared_sums
    where not is_bot

),

month_sums as (

    select
        definition,
        period_start(started_date, 'month') as month_start_date,
        count(distinct visitor_key) as visitor_count,
        count(*) as session_count,
        sum(event_count) as event_count,
        sum(view_count) as view_count,
        count(*) filter (where is_converted) as converted_session_count,
        count(*) filter (where view_count > 0) as viewing_session_count,
        count(*) filter (where view_count = 1) as one_view_session_count,
        count(*) filter (where not is_engaged) as unengaged_session_count,
        sum(duration_microseconds) as duration_microseconds
    from sessions
    group by definition, period_start(started_date, 'month')

),

months as (

    select
        *,
        visitor_count < min_cell as is_suppressed,
        cast(month_start_date + interval '1 month' as date) <= $as_of_date + 1 - late_days
            as is_complete
    from month_sums
    cross join config.settings

),

figures as (

    select
        definition,
        month_start_date,
        visitor_count,
        session_count,
        event_count,
        view_count,
        converted_session_count,
        case when not is_suppressed then rate(view_count, session_count) end as views_per_session,
        case when not is_suppressed then rate(converted_session_count, session_count) end
            as conversion_rate,
        case when not is_suppressed then wilson_low(converted_session_count, session_count) end
            as conversion_wilson_low,
        case when not is_suppressed then wilson_high(converted_session_count, session_count) end
            as conversion_wilson_high,
        case when not is_suppressed then rate(one_view_session_count, viewing_session_count) end
            as bounce_rate_ua,
        case when not is_suppressed then rate(unengaged_session_count, session_count) end
            as bounce_rate_ga4,
        case when not is_suppressed then rate(duration_microseconds, session_count * 1000000) end
            as mean_session_seconds,
        is_complete,
        is_suppressed
    from months

),

used_figures as (

    select figures.*
    from figures
    inner join config.session_definitions
        on figures.definition = session_definitions.definition
    where session_definitions.is_used

),

session_definitions as (

    select
        figures.definition,
        figures.month_start_date,
        definitions.is_used,
        figures.visitor_count,
        figures.session_count,
        rate(figures.session_count, used_figures.session_count) as session_count_ratio,
        figures.event_count,
        figures.view_count,
        figures.views_per_session,
        figures.converted_session_count,
        figures.conversion_rate,
        figures.conversion_wilson_low,
        figures.conversion_wilson_high,
        figures.conversion_rate - used_figures.conversion_rate as conversion_rate_difference,
        figures.bounce_rate_ua,
        figures.bounce_rate_ua - used_figures.bounce_rate_ua as bounce_rate_ua_difference,
        figures.bounce_rate_ga4,
        figures.bounce_rate_ga4 - used_figures.bounce_rate_ga4 as bounce_rate_ga4_difference,
        figures.mean_session_seconds,
        figures.mean_session_seconds - used_figures.mean_session_seconds
            as mean_session_seconds_difference,
        figures.is_complete,
        figures.is_suppressed
    from figures
    inner join config.session_definitions as definitions
        on figures.definition = definitions.definition
    left join used_figures
        on figures.month_start_date = used_figures.month_start_date

)

select * from session_definitions
