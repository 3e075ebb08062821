-- fail: the credits of each order sum to one conversion and to its revenue
select credits.model, credits.namespace, credits.order_id
from (
    select
        model,
        namespace,
        order_id,
        sum(conversion_credit) as conversion_credit,
        sum(revenue_credit) as revenue_credit
    from journeys.attribution
    group by model, namespace, order_id
) as credits
inner join journeys.order_touches
    on credits.namespace = order_touches.namespace
    and credits.order_id = order_touches.order_id
where order_touches.touch_number = 1
    and (
        credits.conversion_credit != 1
        or credits.revenue_credit != order_touches.revenue
    );
