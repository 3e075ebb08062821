/*
description: Payments of live Stripe invoices that were paid in full, one for each invoice.
*/
select
    id as payment_id,
    id as invoice_id,
    paid_at,
    stripe_amount(amount_paid, currency) as amount,
    upper(currency) as currency,
    'succeeded' as status
from source
where coalesce(livemode, true)
    and status = 'paid'
    and paid_at is not null
    and amount_paid > 0
