/*
description: >
  What each seller did per local month and what the deals that closed in it came to. Sellers are
  shown by a pseudonym; amounts are in the reporting currency.
grain: [period_start_date, agent_id]
requires: [deals]
columns:
  period_start_date: {type: date, description: Local month.}
  agent_id: {type: string, pii: employee, description: 'Pseudonym of the seller; Unassigned if a deal has no owner.'}
  call_count: {type: int64, description: Calls.}
  meeting_count: {type: int64, description: Meetings and visits.}
  email_count: {type: int64, description: E-mails.}
  quote_count: {type: int64, description: Quotes sent.}
  won_quote_count: {type: int64, description: Quotes of the month whose deal was won since.}
  decided_quote_count: {type: int64, description: Quotes of the month whose deal was won or lost since.}
  quote_win_rate: {type: float64, description: won_quote_count over decided_quote_count.}
  quote_win_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  quote_win_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  opened_deal_count: {type: int64, description: Deals opened in the month.}
  won_deal_count: {type: int64, description: Deals won in the month.}
  lost_deal_count: {type: int64, description: Deals lost in the month.}
  deal_win_rate: {type: float64, description: won_deal_count over deals won or lost in the month.}
  deal_win_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  deal_win_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  won_amount: {type: "decimal(18,4)", description: Amount of the deals won in the month.}
  currency: {type: string, description: The pipeline's currency.}
  median_days_to_win: {type: float64, description: Median local days from opening to winning; null if none was won.}
  is_complete: {type: bool, description: 'Whether the month is over, with late_days, and every quote of it is decided.'}
  is_suppressed: {type: bool, description: 'Whether rates and the median are withheld because fewer than min_cell deals closed.'}
checks:
  - won_quote_count <= decided_quote_count and decided_quote_count <= quote_count
*/
with

activities as (

    select
        period_start(touchpoints.occurred_date, 'month') as period_start_date,
        entity_key(touchpoints.namespace || '.agent', touchpoints.agent_id) as agent_id,
        touchpoints.event_name,
        deals.status
    from core.touchpoints
    left join core.deals
        on touchpoints.namespace = deals.namespace
        and touchpoints.case_id = deals.deal_id
    where touchpoints.kind = 'activity'
        and touchpoints.agent_id is not null

),

activity_sums as (

    select
        period_start_date,
        agent_id,
        count(*) filter (where event_name = 'call') as call_count,
        count(*) filter (where event_name in ('meeting', 'visit')) as meeting_count,
        count(*) filter (where event_name = 'email') as email_count,
        count(*) filter (where event_name = 'quote') as quote_count,
        count(*) filter (where event_name = 'quote' and status = 'won') as won_quote_count,
        count(*) filter (where event_name = 'quote' and status in ('won', 'lost'))
            as decided_quote_count
    from activities
    group by period_start_date, agent_id

),

deal_facts as (

    select
        coalesce(entity_key(namespace || '.agent', agent_id), 'Unassigned') as agent_id,
        period_start(opened_at, 'month', $timezone) as period_start_date,
        true as is_opening,
        status,
        reporting_amount,
        open_days
    from core.deals
    union all
    select
        coalesce(entity_key(namespace || '.agent', agent_id), 'Unassigned') as agent_id,
        period_start(closed_at, 'month', $timezone) as period_start_date,
        false as is_opening,
        status,
        reporting_amount,
        open_days
    from core.deals
    where status != 'open'

),

deal_sums as (

    select
        period_start_date,
        agent_id,
        count(*) filter (where is_opening) as opened_deal_count,
        count(*) filter (where not is_opening and status = 'won') as won_deal_count,
        count(*) filter (where not is_opening and status = 'lost') as lost_deal_count,
        sum(reporting_amount) filter (where not is_opening and status = 'won') as won_amount,
        quantile_exact(open_days, 0.5) filter (where not is_opening and status = 'won')
            as median_days_to_win
    from deal_facts
    group by period_start_date, agent_id

),

sellers as (

    select
        coalesce(activity_sums.period_start_date, deal_sums.period_start_date)
            as period_start_date,
        coalesce(activity_sums.agent_id, deal_sums.agent_id) as agent_id,
        coalesce(activity_sums.call_count, 0) as call_count,
        coalesce(activity_sums.meeting_count, 0) as meeting_count,
        coalesce(activity_sums.email_count, 0) as email_count,
        coalesce(activity_sums.quote_count, 0) as quote_count,
        coalesce(activity_sums.won_quote_count, 0) as won_quote_count,
        coalesce(activity_sums.decided_quote_count, 0) as decided_quote_count,
        coalesce(deal_sums.opened_deal_count, 0) as opened_deal_count,
        coalesce(deal_sums.won_deal_count, 0) as won_deal_count,
        coalesce(deal_sums.lost_deal_count, 0) as lost_deal_count,
        coalesce(deal_sums.won_amount, 0) as won_amount,
        deal_sums.median_days_to_win
    from activity_sums
    full join deal_sums
        on activity_sums.period_start_date = deal_sums.period_start_date
        and activity_sums.agent_id = deal_sums.agent_id

),

shown_sellers as (

    select
        sellers.*,
        won_deal_count + lost_deal_count as closed_deal_count,
        won_deal_count + lost_deal_count < settings.min_cell as is_suppressed,
        decided_quote_count = quote_count
            and period_start_date + interval '1 month'
                <= $as_of_date + 1 - settings.late_days as is_complete
    from sellers
    cross join config.settings as settings

),

-- What rates are of; null where too few deals stand behind them.
bases as (

    select
        *,
        case when not is_suppressed then decided_quote_count end as shown_quote_count,
        case when not is_suppressed then closed_deal_count end as shown_deal_count
    from shown_sellers

),

sales_activity as (

    select
        period_start_date,
        agent_id,
        call_count,
        meeting_count,
        email_count,
        quote_count,
        won_quote_count,
        decided_quote_count,
        rate(won_quote_count, shown_quote_count) as quote_win_rate,
        wilson_low(won_quote_count, shown_quote_count) as quote_win_wilson_low,
        wilson_high(won_quote_count, shown_quote_count) as quote_win_wilson_high,
        opened_deal_count,
        won_deal_count,
        lost_deal_count,
        rate(won_deal_count, shown_deal_count) as deal_win_rate,
        wilson_low(won_deal_count, shown_deal_count) as deal_win_wilson_low,
        wilson_high(won_deal_count, shown_deal_count) as deal_win_wilson_high,
        cast(won_amount as decimal(18, 4)) as won_amount,
        $currency as currency,
        case when not is_suppressed then median_days_to_win end as median_days_to_win,
        is_complete,
        is_suppressed
    from bases

)

select * from sales_activity
