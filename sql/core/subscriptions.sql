/*
description: >
  The latest known state of each subscription: who pays, the plan, trial, pause and cancellation.
  Facts dated at or after $as_of are not known yet and are null.
grain: [namespace, subscription_id]
columns:
  namespace: {type: string, description: Namespace in which subscription_id is unique.}
  subscription_id: {type: string, description: Id of the subscription.}
  customer_id: {type: string, description: Who pays.}
  customer_key: {type: int64, description: Join key of customer_id.}
  parent_subscription_id: {type: string, description: Subscription this one continues or aligns with.}
  plan_id: {type: string, description: Plan or product family.}
  status: {type: string, description: 'trialing, active, past_due, paused, cancelled or expired, as last exported.'}
  mrr_amount: {type: "decimal(18,4)", description: List price per month of all seats; null without price or interval.}
  currency: {type: string, description: ISO 4217 currency of mrr_amount.}
  is_auto_renewing: {type: bool, description: Whether it renews by itself; null if unknown.}
  trial_start_at: {type: timestamp, description: When the trial began; null without trial.}
  trial_end_at: {type: timestamp, description: When the trial ends or ended.}
  pause_start_at: {type: timestamp, description: When a pause began.}
  pause_end_at: {type: timestamp, description: When the pause ended.}
  cancel_requested_at: {type: timestamp, description: When the customer asked to cancel.}
  cancel_effective_at: {type: timestamp, description: When the cancellation takes effect; may lie ahead.}
  started_at: {type: timestamp, description: When the subscription began.}
  ended_at: {type: timestamp, description: When service ended; null while it runs.}
*/
with

ranked_snapshots as (

    select
        *,
        row_number() over (
            partition by namespace, subscription_id
            order by
                snapshot_date desc nulls last,
                term_start_date desc nulls last,
                source_id
        ) as snapshot_rank
    from inbound.subscriptions
    where (snapshot_date is null or snapshot_date <= $as_of_date)
        and (started_at is null or started_at < $as_of)

),

latest_snapshots as (

    select
        *,
        short_key(entity_key(buyer_type, buyer_id)) as identifier_key
    from ranked_snapshots
    where snapshot_rank = 1

),

subscriptions as (

    select
        latest_snapshots.namespace,
        latest_snapshots.subscription_id,
        identities.customer_id,
        identities.customer_key,
        latest_snapshots.parent_subscription_id,
        latest_snapshots.plan_id,
        latest_snapshots.status,
        cast(mrr_monthly(
            cast(
                latest_snapshots.amount * coalesce(latest_snapshots.quantity, 1)
                as decimal(18, 4)
            ),
            latest_snapshots.interval,
            coalesce(latest_snapshots.interval_count, 1)
        ) as decimal(18, 4)) as mrr_amount,
        latest_snapshots.currency,
        latest_snapshots.auto_renew as is_auto_renewing,
        latest_snapshots.trial_start_at,
        latest_snapshots.trial_end_at,
        case when latest_snapshots.pause_start_at < $as_of then latest_snapshots.pause_start_at end
            as pause_start_at,
        case when latest_snapshots.pause_end_at < $as_of then latest_snapshots.pause_end_at end
            as pause_end_at,
        case
            when latest_snapshots.cancel_requested_at < $as_of
                then latest_snapshots.cancel_requested_at
        end as cancel_requested_at,
        case
            when latest_snapshots.cancel_requested_at >= $as_of then null
            else latest_snapshots.cancel_effective_at
        end as cancel_effective_at,
        latest_snapshots.started_at,
        case when latest_snapshots.ended_at < $as_of then latest_snapshots.ended_at end
            as ended_at
    from latest_snapshots
    left join core.identities
        on latest_snapshots.identifier_key = identities.identifier_key

)

select * from subscriptions
