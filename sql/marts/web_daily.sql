/*
description: >
  Visits of the site and app per local day, robots left out, beside the clicks and impressions of
  advertising. A visitor is a cookie or login; one who is new and comes back on the same day
  counts as both.
grain: [visit_date]
requires: [events]
columns:
  visit_date: {type: date, description: Local day on which the visits began.}
  visitor_count: {type: int64, description: Different visitors.}
  new_visitor_count: {type: int64, description: Visitors with their first visit.}
  returning_visitor_count: {type: int64, description: Visitors with a later visit.}
  session_count: {type: int64, description: Visits.}
  event_count: {type: int64, description: Events in the visits.}
  view_count: {type: int64, description: Page and screen views in the visits.}
  converted_session_count: {type: int64, description: Visits with an order.}
  conversion_rate: {type: float64, description: converted_session_count over session_count.}
  conversion_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  conversion_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  bounce_rate_ua:
    type: float64
    description: Visits of one view over visits with a view.
    definition: visits of one view / visits with a view
    authority: 'Google Analytics (Universal), bounce rate'
  bounce_rate_ga4:
    type: float64
    description: Visits without engagement over visits.
    definition: 1 - engaged visits / visits
    authority: 'Google Analytics 4, engaged sessions'
    edge_cases:
      - 'Engaged: more than 10 seconds, or an order, or two views.'
  mean_session_seconds:
    type: float64
    description: 'Mean length, where a visit of one event lasts 0 seconds.'
    definition: sum of (last event - first event) / visits
    authority: 'Google Analytics (Universal), average session duration'
    edge_cases:
      - A visit of one event lasts 0 seconds, so the mean understates.
  mean_multi_event_session_seconds: {type: float64, description: Mean length of visits of several events.}
  median_session_seconds: {type: float64, description: Median length.}
  impression_count: {type: int64, description: Advertisements shown; null without advertising data of the day.}
  click_count: {type: int64, description: Advertisements clicked; null without advertising data of the day.}
  click_through_rate:
    type: float64
    description: click_count over impression_count.
    definition: click_count / impression_count
  is_complete: {type: bool, description: 'Whether the day is over, with late_days.'}
  is_suppressed: {type: bool, description: 'Whether rates and lengths are withheld because of min_cell visitors.'}
checks:
  - new_visitor_count + returning_visitor_count >= visitor_count
  - converted_session_count <= session_count
*/
with

day_sums as (

    select
        started_date as visit_date,
        count(distinct visitor_key) as visitor_count,
        count(distinct case when is_new_visitor then visitor_key end) as new_visitor_count,
        count(distinct case when not is_new_visitor then visitor_key end)
            as returning_visitor_count,
        count(*) as session_count,
        sum(event_count) as event_count,
        sum(view_count) as view_count,
        count(*) filter (where is_converted) as converted_session_count,
        count(*) filter (where view_count > 0) as viewing_session_count,
        count(*) filter (where view_count = 1) as one_view_session_count,
        count(*) filter (where not is_engaged) as unengaged_session_count,
        count(*) filter (where event_count > 1) as multi_event_session_count,
        sum(duration_microseconds) as duration_microseconds,
        quantile_exact(duration_microseconds, 0.5) as median_microseconds
    from core.sessions
    where not is_bot
    group by started_date

),

advertising as (

    select
        spend_date,
        sum(impression_count) as impression_count,
        sum(click_count) as click_count
    from core.spend
    group by spend_date

),

days as (

    select
        day_sums.*,
        advertising.impression_count,
        advertising.click_count,
        day_sums.visitor_count < settings.min_cell as is_suppressed,
        day_sums.visit_date < $as_of_date + 1 - settings.late_days as is_complete
    from day_sums
    cross join config.settings as settings
    left join advertising
        on day_sums.visit_date = advertising.spend_date

),

web_daily as (

    select
        visit_date,
        visitor_count,
        new_visitor_count,
        returning_visitor_count,
        session_count,
        event_count,
        view_count,
        converted_session_count,
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
        case
            when not is_suppressed
                then rate(duration_microseconds, multi_event_session_count * 1000000)
        end as mean_multi_event_session_seconds,
        case when not is_suppressed then median_microseconds / 1000000 end
            as median_session_seconds,
        impression_count,
        click_count,
        rate(click_count, impression_count) as click_through_rate,
        is_complete,
        is_suppressed
    from days

)

select * from web_daily
