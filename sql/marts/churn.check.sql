-- fail: churn and the revenue bridge agree on who stood at the start
select churn.period_unit, churn.period_start_date, churn.currency
from marts.churn
inner join marts.mrr
    on churn.period_unit = mrr.period_unit
    and churn.period_start_date = mrr.period_start_date
    and churn.currency = mrr.currency
where churn.start_customer_count != mrr.start_customer_count;
