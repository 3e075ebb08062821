/*
description: >
  Orders of the Shopify export, one row each. Where the total is no more than goods and shipping, the
  prices hold their tax, and the gross amount is without it.
*/
with

orders_with_rows as (

    select
        name,
        max(email) as email,
        max(financial_status) as financial_status,
        max(paid_at) as paid_at,
        max(currency) as currency,
        max(subtotal) as subtotal,
        max(coalesce(shipping, 0)) as shipping,
        max(coalesce(taxes, 0)) as taxes,
        max(total) as total,
        max(coalesce(discount_amount, 0)) as discount_amount,
        max(created_at) as created_at,
        max(cancelled_at) as cancelled_at,
        max(payment_method) as payment_method,
        max(sales_channel) as sales_channel
    from source
    group by name

),

orders as (

    select
        name as order_id,
        email,
        created_at as ordered_at,
        paid_at,
        cancelled_at,
        subtotal + discount_amount - case when total = subtotal + shipping then taxes else 0 end
            as gross_amount,
        discount_amount,
        taxes as tax_amount,
        shipping as shipping_amount,
        upper(currency) as currency,
        payment_method,
        financial_status as status,
        sales_channel
    from orders_with_rows
    where created_at is not null
        and subtotal is not null

)

select * from orders
