-- fail: each model hands out all orders of a month
select period_start_date, model
from marts.attribution
where not is_suppressed
group by period_start_date, model
having abs(
    sum(cast(conversion_credit as decimal(18, 6))) - max(order_count)
) > 0.001;
