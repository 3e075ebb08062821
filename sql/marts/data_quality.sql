/*
description: >
  How much of what came in could not be used as it was, per source and per rule of the standard
  tables. Nothing here is dropped silently: a rule says what became of the rows.
grain: [subject, check_name]
columns:
  subject: {type: string, description: The source or standard table.}
  check_name: {type: string, description: 'What was looked at: quarantined, filtered, superseded, nulled_cells; late, clock_ahead, no_visitor, robot; no_customer, refund_above_charge, no_exchange_rate; not_counted; erased.'}
  consequence: {type: string, description: What became of the failing rows.}
  row_count: {type: int64, description: Rows looked at.}
  failed_count: {type: int64, description: 'Rows that failed; for nulled_cells the cells, which may be more.'}
  failed_rate: {type: float64, description: failed_count over row_count; null for nulled_cells.}
checks:
  - failed_count >= 0
  - failed_rate <= 1 or failed_rate is null
*/
with

source_checks as (

    select source as subject, 'quarantined' as check_name, 'kept in quarantine' as consequence,
        rows_read as row_count, rows_quarantined as failed_count
    from quarantine.books
    union all
    select source, 'filtered', 'left out by the source''s filter', rows_read, rows_filtered
    from quarantine.books
    union all
    select source, 'superseded', 'replaced by a later version', rows_read, rows_superseded
    from quarantine.books
    union all
    select source, 'nulled_cells', 'read as null', rows_read, cells_nulled
    from quarantine.books

),

event_sums as (

    select
        count(*) as row_count,
        count(*) filter (where is_time_corrected) as corrected_count,
        count(*) filter (where visitor_key is null) as visitorless_count,
        count(*) filter (where is_bot) as robot_count
    from core.events

),

order_sums as (

    select
        count(*) as row_count,
        count(*) filter (where customer_key is null) as customerless_count,
        count(*) filter (where is_refund_clipped) as clipped_count,
        count(*) filter (where reporting_net_amount is null) as rateless_count
    from core.orders

),

inbound_sums as (

    select
        (select count(*) from inbound.events) as event_count,
        (select count(*) from inbound.survey_responses) as response_count,
        (select count(*) from core.surveys) as survey_count,
        (select count(*) from core.identity_components) as identifier_count,
        (select count(*) from core.identities) as kept_identifier_count

),

table_checks as (

    select 'core.events' as subject, 'late' as check_name,
        'left out, arrived more than late_days after the event' as consequence,
        event_count as row_count, event_count - row_count as failed_count
    from inbound_sums
    cross join event_sums
    union all
    select 'core.events', 'clock_ahead', 'dated by arrival', row_count, corrected_count
    from event_sums
    union all
    select 'core.events', 'no_visitor', 'in no visit', row_count, visitorless_count
    from event_sums
    union all
    select 'core.events', 'robot', 'left out of marts', row_count, robot_count
    from event_sums
    union all
    select 'core.orders', 'no_customer', 'in no customer''s value', row_count, customerless_count
    from order_sums
    union all
    select 'core.orders', 'refund_above_charge', 'refund cut to the charge', row_count,
        clipped_count
    from order_sums
    union all
    select 'core.orders', 'no_exchange_rate', 'in no sum of the reporting currency', row_count,
        rateless_count
    from order_sums
    union all
    select 'core.surveys', 'not_counted', 'left out: incomplete, off the scale or answered again',
        response_count, response_count - survey_count
    from inbound_sums
    union all
    select 'core.identities', 'erased', 'nobody''s, the person asked to be forgotten',
        identifier_count, identifier_count - kept_identifier_count
    from inbound_sums

),

data_quality as (

    select
        subject,
        check_name,
        consequence,
        row_count,
        coalesce(failed_count, 0) as failed_count,
        case when check_name != 'nulled_cells' then rate(coalesce(failed_count, 0), row_count) end
            as failed_rate
    from source_checks
    union all
    select
        subject,
        check_name,
        consequence,
        row_count,
        failed_count,
        rate(failed_count, row_count) as failed_rate
    from table_checks

)

select * from data_quality
