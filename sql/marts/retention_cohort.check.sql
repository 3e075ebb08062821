-- fail: everybody who ever ordered is in one cohort of buyers
select sum(cohort_customer_count) as cohort_customer_count
from marts.retention_cohort
where basis = 'purchase'
    and month_offset = 0
having coalesce(sum(cohort_customer_count), 0) != (
    select count(distinct customer_key)
    from core.orders
    where customer_key is not null
        and not is_fully_refunded
        -- core.periods begins there.
        and ordered_date >= '1990-01-01'
);
