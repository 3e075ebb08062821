/*
description: Lines of issued invoices with who pays and whether the invoice was paid by $as_of.
grain: [namespace, invoice_id, line_id]
columns:
  namespace: {type: string, description: Namespace in which invoice_id is unique.}
  invoice_id: {type: string, description: The invoice.}
  line_id: {type: string, description: The line within the invoice.}
  subscription_id: {type: string, description: Subscription the line bills; null for one-off lines.}
  customer_id: {type: string, description: Who pays; null if unknown.}
  customer_key: {type: int64, description: Join key of customer_id.}
  plan_id: {type: string, description: Plan or product family.}
  quantity: {type: int64, description: Seats.}
  amount: {type: "decimal(18,4)", description: Amount of the line without tax.}
  currency: {type: string, description: ISO 4217 currency of amount.}
  is_proration: {type: bool, description: Whether the line corrects a change within a period.}
  is_paid: {type: bool, description: Whether the invoice was paid by $as_of.}
  period_start_date: {type: date, description: First day the line pays for.}
  period_end_date: {type: date, description: Day after the last day the line pays for.}
  issued_at: {type: timestamp, description: When the invoice was issued.}
  paid_at: {type: timestamp, description: When the invoice was paid; null while it is open.}
*/
with

payment_times as (

    select
        namespace,
        invoice_id,
        max(paid_at) as paid_at
    from inbound.payments
    where invoice_id is not null
        and coalesce(status, 'succeeded') = 'succeeded'
    group by namespace, invoice_id

),

issued_invoices as (

    select
        invoices.namespace,
        invoices.invoice_id,
        invoices.subscription_id,
        invoices.issued_at,
        case
            when coalesce(invoices.paid_at, payment_times.paid_at) < $as_of
                and invoices.status != 'uncollectible'
                then coalesce(invoices.paid_at, payment_times.paid_at)
        end as paid_at,
        short_key(entity_key(invoices.buyer_type, invoices.buyer_id)) as identifier_key
    from inbound.invoices
    left join payment_times
        on invoices.namespace = payment_times.namespace
        and invoices.invoice_id = payment_times.invoice_id
    where invoices.status not in ('draft', 'void')

),

invoice_lines as (

    select
        issued_invoices.namespace,
        issued_invoices.invoice_id,
        invoice_lines.line_id,
        coalesce(invoice_lines.subscription_id, issued_invoices.subscription_id)
            as subscription_id,
        identities.customer_id,
        identities.customer_key,
        invoice_lines.plan_id,
        coalesce(invoice_lines.quantity, 1) as quantity,
        invoice_lines.amount,
        invoice_lines.currency,
        coalesce(invoice_lines.is_proration, false) as is_proration,
        issued_invoices.paid_at is not null as is_paid,
        invoice_lines.period_start_date,
        invoice_lines.period_end_date,
        issued_invoices.issued_at,
        issued_invoices.paid_at
    from issued_invoices
    inner join inbound.invoice_lines
        on issued_invoices.namespace = invoice_lines.namespace
        and issued_invoices.invoice_id = invoice_lines.invoice_id
    left join core.identities
        on issued_invoices.identifier_key = identities.identifier_key

)

select * from invoice_lines
