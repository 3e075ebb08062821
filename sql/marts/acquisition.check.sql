-- fail: the channels together won the customers of the row for all
select period_start_date
from marts.acquisition
group by period_start_date
having sum(new_customer_count) filter (where channel = 'all')
    != coalesce(sum(new_customer_count) filter (where channel != 'all'), 0);

-- fail: everybody who ever ordered was new once
select sum(new_customer_count) as new_customer_count
from marts.acquisition
where channel = 'all'
having coalesce(sum(new_customer_count), 0) != (
    select count(distinct customer_key)
    from core.orders
    where customer_key is not null
        and not is_fully_refunded
);
