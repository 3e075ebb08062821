-- fail: where all revenue is in the reporting currency, every movement is its own and no rate moves anything
select mrr_total.period_unit, mrr_total.period_start_date
from marts.mrr_total
inner join core.mrr_periods
    on mrr_total.period_unit = mrr_periods.period_unit
    and mrr_total.period_start_date = mrr_periods.period_start_date
    and mrr_total.currency = mrr_periods.currency
where (select count(distinct currency) from core.mrr_periods) = 1
    and (
        mrr_total.fx_mrr_amount != 0
        or mrr_total.new_mrr_amount != mrr_periods.new_mrr_amount
        or mrr_total.expansion_mrr_amount != mrr_periods.expansion_mrr_amount
        or mrr_total.contraction_mrr_amount != mrr_periods.contraction_mrr_amount
        or mrr_total.churn_mrr_amount != mrr_periods.churn_mrr_amount
        or mrr_total.reactivation_mrr_amount != mrr_periods.reactivation_mrr_amount
        or mrr_total.pause_mrr_amount != mrr_periods.pause_mrr_amount
        or mrr_total.resume_mrr_amount != mrr_periods.resume_mrr_amount
        or mrr_total.end_mrr_amount - mrr_total.start_mrr_amount != mrr_periods.change_mrr_amount
    );

-- fail: a period starts with what the one before it left
select mrr_total.period_unit, mrr_total.period_start_date
from marts.mrr_total
inner join core.periods
    on mrr_total.period_unit = periods.period_unit
    and mrr_total.period_start_date = periods.period_end_date
inner join marts.mrr_total as earlier
    on periods.period_unit = earlier.period_unit
    and periods.period_start_date = earlier.period_start_date
where mrr_total.start_mrr_amount != earlier.end_mrr_amount;
