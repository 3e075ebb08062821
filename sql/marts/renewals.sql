/*
description: >
  Subscription terms that fell due in each month, quarter and year, and what became of them. A
  renewal counts in the period in which the old term was due, whenever it was signed; open, paused
  and coterminated terms and trials are in neither count.
grain: [period_unit, period_start_date, currency]
requires: [subscriptions]
columns:
  period_unit: {type: string, description: 'month, quarter or year.'}
  period_start_date: {type: date, description: First day of the period.}
  currency: {type: string, description: ISO 4217 currency of all amounts.}
  due_count: {type: int64, description: Terms that fell due and are decided.}
  renewed_count: {type: int64, description: 'Of these renewed early, on time or within the grace period.'}
  renewed_early_count: {type: int64, description: Of these renewed before the due date.}
  renewed_late_count: {type: int64, description: Of these renewed after the due date and within the grace period.}
  open_count: {type: int64, description: Terms that fell due and are still within the grace period; not in due_count.}
  renewal_rate:
    type: float64
    description: 'renewed_count over due_count; null if nothing was due.'
    definition: renewed_count / due_count
    authority: Concentrix, How to calculate a renewal rate
    edge_cases:
      - 'Signed early: counts in the period in which the old term was due, not in the one of the signature.'
      - 'Signed late, but within renewal_grace_days: renewed. Later: lapsed, and the return is a reactivation.'
      - Terms cut to end with a parent contract, trials, and terms paused or within grace are in neither count.
      - A multi-year contract is due only at its end.
  renewal_wilson_low: {type: float64, description: Lower bound of its 95 % Wilson interval., authority: Wilson 1927}
  renewal_wilson_high: {type: float64, description: Upper bound of its 95 % Wilson interval., authority: Wilson 1927}
  on_time_renewal_rate: {type: float64, description: Renewed early or on time over due_count.}
  due_arr_amount: {type: "decimal(18,4)", description: Annualised price that fell due.}
  renewed_arr_amount: {type: "decimal(18,4)", description: Annualised price of the new terms.}
  lost_arr_amount: {type: "decimal(18,4)", description: 'Of the price due what was not renewed, term by term, so that growth of one hides no loss of another.'}
  gross_renewal_rate:
    type: float64
    description: Price due that was renewed over price due.
    definition: sum of min(renewed, due) / sum of due, both annualised, term by term
    authority: Concentrix, How to calculate a renewal rate
    edge_cases:
      - A renewal at a higher price counts with the price due.
  net_renewal_ratio:
    type: float64
    description: Price of the new terms over price due.
    definition: sum of renewed / sum of due, both annualised
    authority: Concentrix, How to calculate a renewal rate
    edge_cases:
      - Above 1 where the new prices are higher.
  booked_arr_amount: {type: "decimal(18,4)", description: 'Price of the renewals signed in the period, whenever the old terms were due: bookings, not a renewal rate.'}
  mean_lag_days: {type: float64, description: Mean days from due to renewed; null without renewals.}
  trial_ended_count: {type: int64, description: Trials that ended in the period.}
  trial_converted_count: {type: int64, description: Of these followed by a paid term.}
  trial_conversion_rate:
    type: float64
    description: trial_converted_count over trial_ended_count; null below min_cell.
    definition: trial_converted_count / trial_ended_count
    authority: Stripe Billing, Trial conversion rate
    edge_cases:
      - Trials that still run are in neither count; one that is paid before the full trial ended counts when it ends.
  history: {type: string, description: 'terms, or none where exports state neither contracts nor invoices, so that nothing ever falls due.'}
  is_complete: {type: bool, description: Whether the period is over and no grace period can still change it.}
  is_suppressed: {type: bool, description: Whether rates are withheld because due_count is positive and below min_cell.}
checks:
  - renewed_count <= due_count
  - lost_arr_amount between 0 and due_arr_amount
*/
with

due_periods as (

    select
        *,
        due_count > 0 and due_count < min_cell as is_suppressed
    from core.renewal_periods
    cross join (select min_cell from config.settings)
    cross join (select renewal_grace_days from config.subscriptions)

),

renewals as (

    select
        period_unit,
        period_start_date,
        currency,
        due_count,
        renewed_count,
        renewed_early_count,
        renewed_late_count,
        open_count,
        case when not is_suppressed then rate(renewed_count, due_count) end as renewal_rate,
        case when not is_suppressed then wilson_low(renewed_count, due_count) end
            as renewal_wilson_low,
        case when not is_suppressed then wilson_high(renewed_count, due_count) end
            as renewal_wilson_high,
        case when not is_suppressed then rate(renewed_count - renewed_late_count, due_count) end
            as on_time_renewal_rate,
        due_arr_amount,
        renewed_arr_amount,
        cast(due_arr_amount - kept_arr_amount as decimal(18, 4)) as lost_arr_amount,
        case when not is_suppressed then rate(kept_arr_amount, due_arr_amount) end
            as gross_renewal_rate,
        case when not is_suppressed then rate(renewed_arr_amount, due_arr_amount) end
            as net_renewal_ratio,
        booked_arr_amount,
        case when not is_suppressed then rate(lag_days_sum, renewed_count) end as mean_lag_days,
        trial_ended_count,
        trial_converted_count,
        case
            when trial_ended_count >= min_cell
                then rate(trial_converted_count, trial_ended_count)
        end as trial_conversion_rate,
        case when has_history then 'terms' else 'none' end as history,
        period_end_date + renewal_grace_days <= $as_of_date + 1 as is_complete,
        is_suppressed
    from due_periods

)

select * from renewals
