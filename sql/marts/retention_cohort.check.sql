-- fail: everybody who ever ordered is in one cohort of buyers
select sum(cohort_customer_count) as cohort_customer_count
from marts.retention_cohort
where basis = 'purchase'
    and month_offset = 0
having coalesce(sum(cohort_customer_count), 0) != (
    select count(*)
    from (
        select customer_key
        from core.orders
        where customer_key is not null
            and not is_fully_refunded
        group by customer_key
        -- core.periods begins there.
        having min(ordered_date) >= date '1990-01-01'
    ) as buyers
);
