/*
description: >
  Support cases per local month of opening, topic and channel: how fast they were answered and
  solved, and how many were solved for good with the first contact.
grain: [period_start_date, topic, channel]
requires: [tickets]
columns:
  period_start_date: {type: date, description: Local month in which the cases were opened.}
  topic: {type: string, description: What they are about; Unassigned if not told.}
  channel: {type: string, description: Channel of the request; Unassigned if not told.}
  case_count: {type: int64, description: Cases.}
  customer_count: {type: int64, description: Different persons who asked.}
  contact_count: {type: int64, description: 'Contacts of the cases, the request among them.'}
  contacts_per_case_ratio: {type: float64, description: contact_count over case_count.}
  answered_count: {type: int64, description: Cases with a first reply.}
  solved_count: {type: int64, description: Cases that were solved.}
  solved_rate: {type: float64, description: solved_count over case_count.}
  solved_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  solved_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  first_contact_resolution_count: {type: int64, description: 'Cases solved with one contact, never reopened, and not followed by another case of the person and topic within 7 days of the solution.'}
  first_contact_resolution_rate: {type: float64, description: first_contact_resolution_count over case_count.}
  first_contact_resolution_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  first_contact_resolution_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  reopened_count: {type: int64, description: Cases that were reopened.}
  repeated_count: {type: int64, description: Cases followed by another of the person and topic within 7 days of opening.}
  rated_count: {type: int64, description: 'Cases rated good or bad.'}
  satisfied_count: {type: int64, description: Cases rated good.}
  satisfied_rate: {type: float64, description: satisfied_count over rated_count.}
  satisfied_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  satisfied_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  median_first_reply_seconds: {type: float64, description: Median from opening to first reply of answered cases.}
  p90_first_reply_seconds: {type: float64, description: 90th percentile of the same.}
  median_resolution_seconds: {type: float64, description: 'Median from opening to solution of solved cases, so that young months lean to short ones.'}
  p90_resolution_seconds: {type: float64, description: 90th percentile of the same.}
  is_complete: {type: bool, description: 'Whether the month and 7 days more are over, with late_days, and every case is solved.'}
  is_suppressed: {type: bool, description: 'Whether rates and times are withheld because fewer than min_cell persons asked.'}
checks:
  - first_contact_resolution_count <= solved_count and solved_count <= case_count
  - satisfied_count <= rated_count
*/
with

followed_tickets as (

    select
        *,
        lead(opened_at) over (
            partition by customer_key, topic
            order by opened_at, namespace, ticket_id
        ) as next_opened_at
    from core.tickets

),

judged_tickets as (

    select
        tickets.customer_key,
        tickets.topic,
        tickets.channel,
        tickets.satisfaction_score,
        tickets.reopened_count,
        tickets.first_reply_seconds,
        tickets.resolution_seconds,
        tickets.is_solved,
        tickets.customer_key is not null
            and tickets.next_opened_at <= tickets.opened_at + interval '7 days' as is_repeated,
        tickets.customer_key is not null
            and tickets.next_opened_at <= tickets.solved_at + interval '7 days' as is_followed,
        coalesce(cases.contact_count, 1) as contact_count,
        period_start(tickets.opened_date, 'month') as period_start_date
    from followed_tickets as tickets
    left join core.cases
        on tickets.namespace = cases.namespace
        and tickets.ticket_id = cases.case_id

),

sums as (

    select
        period_start_date,
        topic,
        channel,
        count(*) as case_count,
        count(distinct customer_key) as customer_count,
        sum(contact_count) as contact_count,
        count(first_reply_seconds) as answered_count,
        count(*) filter (where is_solved) as solved_count,
        count(*) filter (
            where is_solved
                and contact_count = 1
                and reopened_count = 0
                and not coalesce(is_followed, false)
        ) as first_contact_count,
        count(*) filter (where reopened_count > 0) as reopened_count,
        count(*) filter (where is_repeated) as repeated_count,
        count(*) filter (where satisfaction_score in ('good', 'bad')) as rated_count,
        count(*) filter (where satisfaction_score = 'good') as satisfied_count,
        quantile_exact(first_reply_seconds, [0.5, 0.9]) as first_reply_quantiles,
        quantile_exact(resolution_seconds, [0.5, 0.9]) as resolution_quantiles
    from judged_tickets
    group by period_start_date, topic, channel

),

shown_sums as (

    select
        sums.*,
        sums.customer_count < settings.min_cell as is_suppressed,
        case when sums.customer_count >= settings.min_cell then sums.case_count end
            as shown_case_count,
        case when sums.customer_count >= settings.min_cell then sums.rated_count end
            as shown_rated_count,
        sums.solved_count = sums.case_count
            and cast(sums.period_start_date + interval '1 month' as date) + 7
                <= $as_of_date + 1 - settings.late_days as is_complete
    from sums
    cross join config.settings as settings

),

service as (

    select
        period_start_date,
        topic,
        channel,
        case_count,
        customer_count,
        contact_count,
        rate(contact_count, shown_case_count) as contacts_per_case_ratio,
        answered_count,
        solved_count,
        rate(solved_count, shown_case_count) as solved_rate,
        wilson_low(solved_count, shown_case_count) as solved_wilson_low,
        wilson_high(solved_count, shown_case_count) as solved_wilson_high,
        first_contact_count as first_contact_resolution_count,
        rate(first_contact_count, shown_case_count) as first_contact_resolution_rate,
        wilson_low(first_contact_count, shown_case_count) as first_contact_resolution_wilson_low,
        wilson_high(first_contact_count, shown_case_count)
            as first_contact_resolution_wilson_high,
        reopened_count,
        repeated_count,
        rated_count,
        satisfied_count,
        rate(satisfied_count, shown_rated_count) as satisfied_rate,
        wilson_low(satisfied_count, shown_rated_count) as satisfied_wilson_low,
        wilson_high(satisfied_count, shown_rated_count) as satisfied_wilson_high,
        case when not is_suppressed then first_reply_quantiles[1] end as median_first_reply_seconds,
        case when not is_suppressed then first_reply_quantiles[2] end as p90_first_reply_seconds,
        case when not is_suppressed then resolution_quantiles[1] end as median_resolution_seconds,
        case when not is_suppressed then resolution_quantiles[2] end as p90_resolution_seconds,
        is_complete,
        is_suppressed
    from shown_sums

)

select * from service
