/*
description: >
  Lines of live Stripe invoices with the local days of their period. Prices and prorations stand
  on the line in older API versions and below `pricing` and `parent` in newer ones.
*/
with

unnested_lines as (

    select
        id as invoice_id,
        subscription as invoice_subscription,
        unnest(lines) as line
    from source
    where coalesce(livemode, true)

),

invoice_lines as (

    select
        invoice_id,
        line['id'] as line_id,
        coalesce(
            line['subscription'],
            line['parent']['subscription_item_details']['subscription'],
            invoice_subscription
        ) as subscription_id,
        coalesce(line['price']['id'], line['pricing']['price_details']['price']) as plan_id,
        local_date(to_timestamp_seconds(line['period']['start']), $timezone) as period_start_date,
        local_date(to_timestamp_seconds(line['period']['end']), $timezone) as period_end_date,
        line['quantity'] as quantity,
        stripe_amount(line['amount'], line['currency']) as amount,
        coalesce(
            line['proration'],
            line['parent']['subscription_item_details']['proration'],
            false
        ) as is_proration,
        upper(line['currency']) as currency
    from unnested_lines

)

select * from invoice_lines
