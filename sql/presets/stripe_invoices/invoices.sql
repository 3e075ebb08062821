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
    total as total_amount,
    tax as tax_amount,
    upper(currency) as currency
from source
where coalesce(livemode, true)
