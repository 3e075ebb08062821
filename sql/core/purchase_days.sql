/*
description: >
  The local days on which each customer bought: what purchase models count. Orders of one day are
  one purchase, and an order that was given back in full is none.
grain: [customer_key, purchase_date]
columns:
  customer_key: {type: int64, description: Join key of the customer.}
  net_amount: {type: "decimal(18,4)", description: 'Net amount of the day in the reporting currency; null without a rate.'}
  purchase_date: {type: date, description: The local day.}
*/
with

purchase_days as (

    select
        customer_key,
        cast(sum(reporting_net_amount) as decimal(18, 4)) as net_amount,
        ordered_date as purchase_date
    from core.orders
    where customer_key is not null
        and not is_fully_refunded
    group by customer_key, ordered_date

)

select * from purchase_days
