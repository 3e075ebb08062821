/*
description: Payments of live Stripe invoices that were paid in full, one for each invoice.
*/
with

paid_invoices as (

    select
        *,
        -- Stripe counts ISK and UGX in hundredths, though they have none.
        case
            when lower(currency) in (
                'bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga',
                'pyg', 'rwf', 'vnd', 'vuv', 'xaf', 'xof', 'xpf'
            ) then 1
            when lower(currency) in ('bhd', 'jod', 'kwd', 'omr', 'tnd') then 1000
            else 100
        end as minor_unit_count
    from source
    where coalesce(livemode, true)
        and status = 'paid'
        and paid_at is not null
        and amount_paid > 0

),

payments as (

    select
        id as payment_id,
        id as invoice_id,
        paid_at,
        cast(amount_paid as decimal(18, 4)) / minor_unit_count as amount,
        upper(currency) as currency,
        'succeeded' as status
    from paid_invoices

)

select * from payments
