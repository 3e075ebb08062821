/*
description: >
  What people say in their own words, per local month and survey or network, by the words declared
  under `surveys: themes`. A text can tell several themes; one that tells none is `other`.
grain: [kind, subject, period_start_date, theme]
requires: [survey_answers]
columns:
  kind: {type: string, description: survey or mention.}
  subject: {type: string, description: The survey or network.}
  period_start_date: {type: date, description: Local month.}
  theme: {type: string, description: 'The declared theme, or other.'}
  text_count: {type: int64, description: All texts of subject and month.}
  theme_count: {type: int64, description: Those of them that tell the theme; null below min_cell.}
  theme_rate: {type: float64, description: theme_count over text_count.}
  theme_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  theme_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  scored_count: {type: int64, description: Texts of the theme with a score; null below min_cell.}
  mean_score: {type: float64, description: 'Their mean score; null if their scales differ.'}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days.'}
  is_suppressed: {type: bool, description: 'Whether the figures of the theme are withheld: fewer than min_cell texts tell it.'}
checks:
  - theme_count <= text_count
*/
with

texts as (

    select
        kind,
        subject,
        period_start(said_date, 'month') as period_start_date,
        namespace,
        feedback_id,
        lower(feedback_text) as folded_text,
        score,
        scale_min,
        scale_max
    from core.feedback

),

text_sums as (

    select
        kind,
        subject,
        period_start_date,
        count(*) as text_count
    from texts
    group by kind, subject, period_start_date

),

text_themes as (

    select distinct
        texts.kind,
        texts.subject,
        texts.period_start_date,
        texts.namespace,
        texts.feedback_id,
        coalesce(themes.theme, 'other') as theme,
        texts.score,
        texts.scale_min,
        texts.scale_max
    from texts
    left join config.themes
        on strpos(texts.folded_text, themes.keyword) > 0

),

theme_sums as (

    select
        kind,
        subject,
        period_start_date,
        theme,
        count(*) as theme_count,
        count(score) as scored_count,
        sum(score) as score_sum,
        min(scale_min) = max(scale_min) and min(scale_max) = max(scale_max) as is_one_scale
    from text_themes
    group by kind, subject, period_start_date, theme

),

shown_themes as (

    select
        theme_sums.kind,
        theme_sums.subject,
        theme_sums.period_start_date,
        theme_sums.theme,
        text_sums.text_count,
        case when theme_sums.theme_count >= settings.min_cell then theme_sums.theme_count end
            as theme_count,
        case when theme_sums.theme_count >= settings.min_cell then theme_sums.scored_count end
            as scored_count,
        case when theme_sums.is_one_scale then theme_sums.score_sum end as score_sum,
        theme_sums.period_start_date + interval '1 month'
            <= $as_of_date + 1 - settings.late_days as is_complete,
        theme_sums.theme_count < settings.min_cell as is_suppressed
    from theme_sums
    cross join config.settings as settings
    inner join text_sums
        on theme_sums.kind = text_sums.kind
        and theme_sums.subject = text_sums.subject
        and theme_sums.period_start_date = text_sums.period_start_date

),

feedback_themes as (

    select
        kind,
        subject,
        period_start_date,
        theme,
        text_count,
        theme_count,
        rate(theme_count, text_count) as theme_rate,
        wilson_low(theme_count, text_count) as theme_wilson_low,
        wilson_high(theme_count, text_count) as theme_wilson_high,
        scored_count,
        rate(score_sum, scored_count) as mean_score,
        is_complete,
        is_suppressed
    from shown_themes

)

select * from feedback_themes
