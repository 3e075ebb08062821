/*
description: >
  How far each title is watched, what viewers thought of it, and how often parental control
  refused it, by the local month in which the playback began.
grain: [title_id, period_start_date]
requires: [events]
columns:
  title_id: {type: string, description: The title.}
  period_start_date: {type: date, description: Local month in which playbacks began or were refused.}
  title: {type: string, description: Its name; null if the player never told.}
  start_count: {type: int64, description: Playbacks that began.}
  viewer_count: {type: int64, description: 'Different accounts among them; those of unknown viewers are in start_count alone.'}
  completed_count: {type: int64, description: Playbacks that reached the end.}
  completion_rate:
    type: float64
    description: Share of playbacks that reached the end; null below min_cell viewers.
    definition: completed_count / start_count
    authority: 'Segment, video specification: Video Content Completed'
  completion_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  completion_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  watched_seconds: {type: int64, unit: seconds, description: 'Farthest positions of the playbacks, added up.'}
  offered_seconds: {type: int64, unit: seconds, description: 'Lengths of the title, once for each playback.'}
  watch_through_rate:
    type: float64
    description: Part of the title that was seen, over all playbacks; null below min_cell viewers.
    definition: watched_seconds / offered_seconds
  rating_count: {type: int64, description: Playbacks that were rated.}
  mean_rating: {type: float64, description: 'Mean rating, 1 to 5; null below min_cell ratings.'}
  refused_count: {type: int64, description: Times that parental control refused it.}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days.'}
  is_suppressed: {type: bool, description: Whether rates are withheld because of min_cell.}
checks:
  - completed_count <= start_count
  - watched_seconds <= offered_seconds
*/
with

playback_sums as (

    select
        title_id,
        period_start(started_at, 'month', $timezone) as period_start_date,
        max(title) as title,
        count(*) as start_count,
        count(distinct customer_key) as viewer_count,
        count(*) filter (where is_completed) as completed_count,
        sum(watched_seconds) as watched_seconds,
        sum(length_seconds) as offered_seconds,
        count(rating) as rating_count,
        sum(rating) as rating_sum
    from core.playbacks
    group by title_id, period_start(started_at, 'month', $timezone)

),

refusals as (

    select
        inbound_events.title_id,
        period_start(events.occurred_at, 'month', $timezone) as period_start_date,
        max(inbound_events.title) as title,
        count(*) as refused_count
    from core.events
    inner join inbound.events as inbound_events
        on events.namespace = inbound_events.namespace
        and events.event_id = inbound_events.event_id
    where events.event_name = 'Parental Control Blocked'
        and not events.is_bot
    group by inbound_events.title_id, period_start(events.occurred_at, 'month', $timezone)

),

title_months as (

    select
        coalesce(playback_sums.title_id, refusals.title_id) as title_id,
        coalesce(playback_sums.period_start_date, refusals.period_start_date)
            as period_start_date,
        coalesce(playback_sums.title, refusals.title) as title,
        coalesce(playback_sums.start_count, 0) as start_count,
        coalesce(playback_sums.viewer_count, 0) as viewer_count,
        coalesce(playback_sums.completed_count, 0) as completed_count,
        coalesce(playback_sums.watched_seconds, 0) as watched_seconds,
        coalesce(playback_sums.offered_seconds, 0) as offered_seconds,
        coalesce(playback_sums.rating_count, 0) as rating_count,
        playback_sums.rating_sum,
        coalesce(refusals.refused_count, 0) as refused_count,
        coalesce(playback_sums.viewer_count, 0) < settings.min_cell as is_suppressed,
        settings.min_cell,
        settings.late_days
    from playback_sums
    full join refusals
        on playback_sums.title_id = refusals.title_id
        and playback_sums.period_start_date = refusals.period_start_date
    cross join config.settings as settings

),

content_completion as (

    select
        title_id,
        period_start_date,
        title,
        start_count,
        viewer_count,
        completed_count,
        case when not is_suppressed then rate(completed_count, start_count) end
            as completion_rate,
        case when not is_suppressed then wilson_low(completed_count, start_count) end
            as completion_wilson_low,
        case when not is_suppressed then wilson_high(completed_count, start_count) end
            as completion_wilson_high,
        watched_seconds,
        offered_seconds,
        case when not is_suppressed then rate(watched_seconds, offered_seconds) end
            as watch_through_rate,
        rating_count,
        case when rating_count >= min_cell then rate(rating_sum, rating_count) end
            as mean_rating,
        refused_count,
        period_start_date + interval '1 month' <= $as_of_date + 1 - late_days as is_complete,
        is_suppressed
    from title_months

)

select * from content_completion
