/*
description: Live Stripe invoices.
*/
select
    id as invoice_id,
    subscription as subscription_id,
    $namespace || '.customer' as buyer_type,
    customer as buyer_id,
    created as issued_at,
    paid_at,
    status,
    billing_reason,
    stripe_amount(total, currency) as total_amount,
    stripe_amount(tax, currency) as tax_amount,
    upper(currency) as currency
from source
where coalesce(livemode, true)
