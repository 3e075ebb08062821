/*!
Aggregates that keep their rows, in one stage.

DataFusion aggregates the rows of each partition, sends what came of them to the partition of their
group and aggregates that again: a sum is smaller than its rows. Journey functions, quantiles and
survival curves keep the rows of a group until all are there: parts of a group are no smaller than its
rows, and would be held, hashed and copied twice. Here rows go to the partition of their group first.
*/

use std::sync::Arc;

use datafusion::{
    physical_expr::Partitioning,
    physical_expr_common::physical_expr::is_volatile,
    physical_plan::{
        ExecutionPlan, InputOrderMode,
        aggregates::{AggregateExec, AggregateMode},
        repartition::RepartitionExec,
    },
};

use super::node_rule::Replacement;
use crate::functions::keeps_rows;

/// The whole aggregate, if this node is the second stage of one that keeps rows.
pub(super) fn in_one_stage(node: &Arc<dyn ExecutionPlan>) -> Replacement {
    let Some(second) = node.downcast_ref::<AggregateExec>() else { return Ok(None) };
    let Some(exchange) = second.input().downcast_ref::<RepartitionExec>() else { return Ok(None) };
    let Some(first) = exchange.input().downcast_ref::<AggregateExec>() else { return Ok(None) };
    let Partitioning::Hash(_, partitions) = exchange.partitioning() else { return Ok(None) };
    let keys = first.group_expr().input_exprs();
    let is_two_stages = *second.mode() == AggregateMode::FinalPartitioned
        && *first.mode() == AggregateMode::Partial
        && first.group_expr().is_single()
        && second.limit_options().is_none()
        // Rows that come in the order of their groups are not held.
        && *first.input_order_mode() == InputOrderMode::Linear
        // An exchange keeps no order, and a key that is computed twice must come out the same.
        && first.aggr_expr().iter().all(|call| call.order_bys().is_empty())
        && !keys.iter().any(is_volatile);
    if !is_two_stages || !second.aggr_expr().iter().any(|call| keeps_rows(call.fun())) {
        return Ok(None);
    }
    // Rows that were only spread over the cores are spread again.
    let rows = match first.input().downcast_ref::<RepartitionExec>() {
        Some(spread) if matches!(spread.partitioning(), Partitioning::RoundRobinBatch(_)) => {
            spread.input()
        }
        _ => first.input(),
    };
    let of_groups = Partitioning::Hash(keys, *partitions);
    let rows = Arc::new(RepartitionExec::try_new(Arc::clone(rows), of_groups)?);
    let aggregate = AggregateExec::try_new(
        AggregateMode::SinglePartitioned,
        first.group_expr().clone(),
        first.aggr_expr().to_vec(),
        first.filter_expr().to_vec(),
        rows,
        first.input_schema(),
    )?;
    Ok(Some(Arc::new(aggregate)))
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::util::pretty::pretty_format_batches,
        physical_plan::{collect, displayable},
    };

    use super::*;
    use crate::engine::tests::engine;

    /// Visitors with twenty events each, in no order of theirs.
    const EVENTS: &str = "(select value % 5000 as visitor,
        to_timestamp_micros(value * 7919000000 % 9000000000000) as at
        from generate_series(1, 100000) as t(value))";

    async fn plan(sql: &str) -> String {
        let (engine, _folder) = engine(1 << 30);
        let plan = engine.context().sql(sql).await.unwrap().create_physical_plan().await.unwrap();
        displayable(plan.as_ref()).indent(false).to_string()
    }

    #[tokio::test]
    async fn only_what_keeps_rows_is_one_stage() {
        let visits = "sessions(interval '30 minutes', at) as visits";
        for (aggregates, stages) in [
            (visits, 1),
            ("count(*) as n, sessions(interval '1 hour', at) as v", 1),
            ("quantile_exact(extract(epoch from at), 0.5) as q", 1),
            ("km_median(extract(epoch from at), true) as q", 1),
            ("count(*) as n", 2),
        ] {
            let sql = format!("select visitor, {aggregates} from {EVENTS} group by visitor");
            let plan = plan(&sql).await;
            assert_eq!(plan.matches("AggregateExec").count(), stages, "{plan}");
            assert_eq!(plan.contains("SinglePartitioned"), stages == 1, "{plan}");
            assert_eq!(plan.matches("Hash([visitor").count(), 1, "{plan}");
        }
        // All rows are one group, or several groups at once; the order of rows matters; keys that
        // differ whenever they are computed.
        for sql in [
            format!("select {visits} from {EVENTS}"),
            format!("select visitor, {visits} from {EVENTS} group by rollup (visitor)"),
            format!(
                "select visitor, {visits}, array_agg(at order by at) as a from {EVENTS} group by visitor"
            ),
            format!(
                "select floor(random() * 3) as k, {visits} from {EVENTS} group by floor(random() * 3)"
            ),
        ] {
            let plan = plan(&sql).await;
            assert!(!plan.contains("SinglePartitioned"), "{plan}");
        }
    }

    /// Sums over the visits of every visitor.
    const VISITS: &str = "select count(*) as visits, sum(n) as n, sum(events) as events,
            sum(visitor * events) as first_sum,
            sum(visitor % 97 * extract(epoch from started_at)) as second_sum
        from (
            select visitor, n, visit['started_at'] as started_at, visit['event_count'] as events
            from (
                select visitor, n, unnest(visits) as visit from (
                    select visitor, sessions(interval '30 minutes', at) as visits, count(*) as n
                    from (select value % 100000 as visitor,
                        to_timestamp_micros(value * 7919000000 % 9000000000000) as at
                        from generate_series(1, 1000000) as t(value))
                    group by visitor)))";

    /// Sums over quantiles beside other aggregates.
    const QUANTILES: &str = "select sum(n) as n, count(*) as groups, sum(different) as different,
            sum(ends[1]) as lowest, sum(ends[2]) as greatest, sum(middle) as middle
        from (
            select value % 60000 as g, count(distinct value % 1000) as different, count(*) as n,
                quantile_exact(value, [0, 1]) filter (where value % 7 > 0) as ends,
                quantile_exact(cast(value as decimal(20, 2)), 0.5) as middle
            from generate_series(0, 999999) as t(value)
            group by value % 60000)";

    #[tokio::test]
    async fn what_does_not_fit_is_spilled_and_comes_out_the_same() {
        for sql in [VISITS, QUANTILES] {
            let mut answers = Vec::new();
            for (memory_limit, spills) in [(1 << 30, false), (16 << 20, true)] {
                let (engine, _folder) = engine(memory_limit);
                let query = engine.context().sql(sql).await.unwrap();
                let plan = query.create_physical_plan().await.unwrap();
                let task = engine.context().task_ctx();
                let batches = collect(Arc::clone(&plan), task).await.unwrap();
                assert_eq!(spill_count(&plan, "AggregateExec") > 0, spills, "{memory_limit}");
                answers.push(pretty_format_batches(&batches).unwrap().to_string());
            }
            assert_eq!(answers[0], answers[1]);
            assert!(answers[0].contains("\n| 1000000 |"), "{}", answers[0]);
        }
    }

    #[tokio::test]
    async fn filters_and_other_aggregates_go_along() {
        let (engine, _folder) = engine(1 << 30);
        let sql = "select value % 2 as half,
                quantile_exact(value, [0, 0.5, 1]) filter (where value % 3 = 0) as ends,
                quantile_exact(cast(value as decimal(20, 2)), 0.5) as middle,
                count(distinct value % 1000) as different, count(*) as n
            from generate_series(0, 599999) as t(value) group by value % 2 order by half";
        let batches = engine.context().sql(sql).await.unwrap().collect().await.unwrap();
        let shown = pretty_format_batches(&batches).unwrap().to_string();
        let even = "| 0    | [0.0, 299997.0, 599994.0] | 299999.0 | 500       | 300000 |";
        let odd = "| 1    | [3.0, 300000.0, 599997.0] | 300000.0 | 500       | 300000 |";
        assert!(shown.contains(even) && shown.contains(odd), "{shown}");
    }

    fn spill_count(plan: &Arc<dyn ExecutionPlan>, of: &str) -> usize {
        let own = plan.metrics().filter(|_| plan.name() == of).and_then(|own| own.spill_count());
        own.unwrap_or(0) + plan.children().iter().map(|child| spill_count(child, of)).sum::<usize>()
    }
}
