/*
description: >
  Pages and screens per local month, robots left out: how often each was seen, begun with and left
  from. Entrances and exits count in the month in which their visit began, views in their own.
grain: [period_start_date, page_path]
requires: [events]
columns:
  period_start_date: {type: date, description: Local month.}
  page_path: {type: string, description: Path of the page address.}
  view_count: {type: int64, description: Views.}
  visitor_count: {type: int64, description: Different visitors who saw it.}
  entrance_count: {type: int64, description: Visits whose first view it was.}
  exit_count: {type: int64, description: 'Visits whose last view it was, at most view_count.'}
  bounce_count: {type: int64, description: Visits that saw this page and no other view.}
  exit_rate:
    type: float64
    description: exit_count over view_count.
    definition: exit_count / view_count
    authority: 'Google Analytics (Universal), exit rate'
    edge_cases:
      - The only page of a visit is both its entrance and its exit.
  exit_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  exit_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  bounce_rate:
    type: float64
    description: bounce_count over entrance_count; null if no visit began here.
    definition: visits of one view that began here / visits that began here
    authority: 'Google Analytics (Universal), bounce rate'
  bounce_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  bounce_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  converted_entrance_count: {type: int64, description: Visits that began here and hold an order.}
  entrance_conversion_rate: {type: float64, description: converted_entrance_count over entrance_count.}
  entrance_conversion_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  entrance_conversion_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days.'}
  is_suppressed: {type: bool, description: 'Whether rates are withheld because of min_cell visitors.'}
checks:
  - bounce_count <= entrance_count and converted_entrance_count <= entrance_count
*/
with

view_sums as (

    select
        period_start(occurred_date, 'month') as period_start_date,
        page_path,
        count(*) as view_count,
        count(distinct visitor_key) as visitor_count
    from core.touchpoints
    where kind = 'event'
        and event_name in ('page_view', 'screen_view')
        and page_path is not null
        and not is_bot
    group by period_start(occurred_date, 'month'), page_path

),

entrance_sums as (

    select
        period_start(started_date, 'month') as period_start_date,
        landing_page_path as page_path,
        count(*) as entrance_count,
        count(*) filter (where view_count = 1) as bounce_count,
        count(*) filter (where is_converted) as converted_entrance_count
    from core.sessions
    where landing_page_path is not null
        and not is_bot
    group by period_start(started_date, 'month'), landing_page_path

),

exit_sums as (

    select
        period_start(started_date, 'month') as period_start_date,
        exit_page_path as page_path,
        count(*) as exit_count
    from core.sessions
    where exit_page_path is not null
        and not is_bot
    group by period_start(started_date, 'month'), exit_page_path

),

-- What rates are of; null where too few persons stand behind them.
pages as (

    select
        view_sums.period_start_date,
        view_sums.page_path,
        view_sums.view_count,
        view_sums.visitor_count,
        coalesce(entrance_sums.entrance_count, 0) as entrance_count,
        -- A visit over the midnight of a month can leave in a month without a view.
        least(coalesce(exit_sums.exit_count, 0), view_sums.view_count) as exit_count,
        coalesce(entrance_sums.bounce_count, 0) as bounce_count,
        coalesce(entrance_sums.converted_entrance_count, 0) as converted_entrance_count,
        case when view_sums.visitor_count >= settings.min_cell then view_sums.view_count end
            as shown_view_count,
        case
            when view_sums.visitor_count >= settings.min_cell then entrance_sums.entrance_count
        end as shown_entrance_count,
        view_sums.period_start_date + interval '1 month'
            <= $as_of_date + 1 - settings.late_days as is_complete,
        view_sums.visitor_count < settings.min_cell as is_suppressed
    from view_sums
    cross join config.settings as settings
    left join entrance_sums
        on view_sums.period_start_date = entrance_sums.period_start_date
        and view_sums.page_path = entrance_sums.page_path
    left join exit_sums
        on view_sums.period_start_date = exit_sums.period_start_date
        and view_sums.page_path = exit_sums.page_path

),

page as (

    select
        period_start_date,
        page_path,
        view_count,
        visitor_count,
        entrance_count,
        exit_count,
        bounce_count,
        rate(exit_count, shown_view_count) as exit_rate,
        wilson_low(exit_count, shown_view_count) as exit_wilson_low,
        wilson_high(exit_count, shown_view_count) as exit_wilson_high,
        rate(bounce_count, shown_entrance_count) as bounce_rate,
        wilson_low(bounce_count, shown_entrance_count) as bounce_wilson_low,
        wilson_high(bounce_count, shown_entrance_count) as bounce_wilson_high,
        converted_entrance_count,
        rate(converted_entrance_count, shown_entrance_count) as entrance_conversion_rate,
        wilson_low(converted_entrance_count, shown_entrance_count)
            as entrance_conversion_wilson_low,
        wilson_high(converted_entrance_count, shown_entrance_count)
            as entrance_conversion_wilson_high,
        is_complete,
        is_suppressed
    from pages

)

select * from page
