/*
description: Live Stripe invoices.
*/
with

live_invoices as (

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

),

invoices as (

    select
        id as invoice_id,
        subscription as subscription_id,
        $namespace || '.customer' as buyer_type,
        customer as buyer_id,
        created as issued_at,
        paid_at,
        status,
        billing_reason,
        cast(total as decimal(18, 4)) / minor_unit_count as total_amount,
        cast(tax as decimal(18, 4)) / minor_unit_count as tax_amount,
        upper(currency) as currency
    from live_invoices

)

select * from invoices
