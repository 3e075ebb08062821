-- fail: each model hands out all orders of a month
select period_start_date, model
from marts.attribution
where not is_suppressed
group by period_start_date, model
having abs(
    sum(cast(conversion_credit as decimal(18, 6))) - max(order_count)
) > 0.001;

-- fail: each model hands out all revenue of a month
select credits.period_start_date, credits.model
from (
    select period_start_date, model, sum(revenue_credit) as revenue_credit
    from marts.attribution
    where not is_suppressed
    group by period_start_date, model
) as credits
inner join (
    select period_start(ordered_date, 'month') as period_start_date, sum(revenue) as revenue
    from journeys.order_touches
    where touch_number = 1
    group by period_start(ordered_date, 'month')
) as orders
    on credits.period_start_date = orders.period_start_date
where credits.revenue_credit != orders.revenue;
