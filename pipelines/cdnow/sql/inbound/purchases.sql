/*
description: >
  Purchases of the CDNOW sample. It has no order numbers: the purchases of a customer on one day
  are numbered, and equal ones are purchases too.
*/
with

purchases as (

    select
        substr(record, 8, 4) as customer,
        substr(record, 13, 4) || '-' || substr(record, 17, 2) || '-' || substr(record, 19, 2)
            as day,
        cast(trim(substr(record, 21, 3)) as bigint) as disc_count,
        cast(trim(substr(record, 24)) as decimal(18, 4)) as amount
    from source

),

numbered_purchases as (

    select
        *,
        row_number() over (
            partition by customer, day
            order by disc_count, amount
        ) as purchase_number
    from purchases

),

orders as (

    select
        customer || '/' || day || '/' || cast(purchase_number as varchar) as order_id,
        $namespace || '.customer' as buyer_type,
        customer as buyer_id,
        arrow_cast(day, 'Timestamp(Microsecond, Some("UTC"))') as ordered_at,
        amount as gross_amount,
        'USD' as currency
    from numbered_purchases

)

select * from orders
