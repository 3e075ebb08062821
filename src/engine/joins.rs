/*!
Joins that stay within memory.

DataFusion's hash join cannot spill its build side (apache/datafusion#24768). A plan whose build
sides are not known to be small is therefore planned again with sort-merge joins, which can.
Delete this module when hash joins spill.
*/

use std::sync::Arc;

use datafusion::{
    common::{
        Result,
        stats::Precision,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    execution::{SessionState, SessionStateBuilder},
    logical_expr::LogicalPlan,
    physical_plan::{
        ExecutionPlan,
        joins::{HashJoinExec, PartitionMode},
        statistics::{StatisticsArgs, StatisticsContext},
    },
};

/// Plans with hash joins if each build side is surely below `limit` bytes, the smaller side of a
/// join being built where that helps, else with sort-merge joins.
pub(super) async fn plan_within(
    state: &SessionState,
    plan: &LogicalPlan,
    limit: usize,
) -> Result<Arc<dyn ExecutionPlan>> {
    let physical = state.create_physical_plan(plan).await?;
    let physical = build_small_sides(physical, limit)?;
    if build_sides_fit(&physical, limit)? {
        return Ok(physical);
    }
    // The tables are shared with the session: a default catalog would take their place.
    let mut config = state.config().clone().with_create_default_catalog_and_schema(false);
    config.options_mut().optimizer.prefer_hash_join = false;
    SessionStateBuilder::new_from_existing(state.clone())
        .with_config(config)
        .build()
        .create_physical_plan(plan)
        .await
}

/// Swaps the sides of joins that would build the one of unknown size although the other is known
/// to be small: the optimizer leaves them where one side has no statistics.
fn build_small_sides(
    physical: Arc<dyn ExecutionPlan>,
    limit: usize,
) -> Result<Arc<dyn ExecutionPlan>> {
    let swapped = physical.transform_up(|node| {
        let Some(join) = node.downcast_ref::<HashJoinExec>() else {
            return Ok(Transformed::no(node));
        };
        // Both sides of a partitioned join are spread alike, so either may be built.
        let may_swap = *join.partition_mode() == PartitionMode::Partitioned
            && join.join_type().supports_swap();
        if !may_swap || fits(join.left(), limit)? || !fits(join.right(), limit)? {
            return Ok(Transformed::no(node));
        }
        Ok(Transformed::yes(join.swap_inputs(PartitionMode::Partitioned)?))
    })?;
    Ok(swapped.data)
}

fn build_sides_fit(physical: &Arc<dyn ExecutionPlan>, limit: usize) -> Result<bool> {
    let mut all_fit = true;
    physical.apply(|node| {
        if let Some(join) = node.downcast_ref::<HashJoinExec>()
            && !fits(join.left(), limit)?
        {
            all_fit = false;
            return Ok(TreeNodeRecursion::Stop);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(all_fit)
}

/// Whether a side is surely below `limit` bytes.
fn fits(side: &Arc<dyn ExecutionPlan>, limit: usize) -> Result<bool> {
    let statistics = StatisticsContext::new().compute(side.as_ref(), &StatisticsArgs::new())?;
    let width = side.schema().fields().len() * ASSUMED_COLUMN_BYTES;
    let bytes = match (statistics.total_byte_size, statistics.num_rows) {
        (Precision::Exact(bytes), _) | (Precision::Inexact(bytes), Precision::Exact(_)) => {
            Some(bytes)
        }
        (_, Precision::Exact(rows)) => Some(rows * width),
        (Precision::Inexact(bytes), _) => Some(bytes.saturating_mul(ESTIMATE_MARGIN)),
        (_, Precision::Inexact(rows)) => Some((rows * width).saturating_mul(ESTIMATE_MARGIN)),
        _ => None,
    };
    Ok(bytes.is_some_and(|bytes| bytes <= limit))
}

/// DataFusion takes a filter that it knows nothing about to keep a fifth of the rows.
const ESTIMATE_MARGIN: usize = 5;

/// Identifiers are 32 characters, most other columns 8 bytes.
const ASSUMED_COLUMN_BYTES: usize = 24;

#[cfg(test)]
mod tests {
    use datafusion::prelude::{SessionConfig, SessionContext};

    use super::*;

    /// Numbers without statistics: their size is not known before they are read.
    const JOIN: &str = "select count(*) from numbers as a inner join numbers as b on a.n = b.n";

    #[tokio::test]
    async fn a_large_build_side_becomes_a_merge_and_the_tables_stay() {
        let config = SessionConfig::new().with_target_partitions(2);
        let context = SessionContext::new_with_config(config);
        let numbers =
            "create table numbers as select value as n from generate_series(1, 1000) as t(value)";
        context.sql(numbers).await.unwrap().collect().await.unwrap();
        let state = context.state();
        let plan = state.create_logical_plan(JOIN).await.unwrap();
        let shown = async |limit: usize| {
            let physical = plan_within(&state, &plan, limit).await.unwrap();
            datafusion::physical_plan::displayable(physical.as_ref()).indent(false).to_string()
        };
        assert!(shown(1 << 30).await.contains("HashJoinExec"));
        assert!(shown(0).await.contains("SortMergeJoinExec"));
        assert!(context.table("numbers").await.is_ok());
    }

    async fn tables() -> SessionContext {
        let context =
            SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
        let numbers =
            "create table many as select value as n from generate_series(1, 1000) as t(value)";
        context.sql(numbers).await.unwrap().collect().await.unwrap();
        context
    }

    async fn shown(context: &SessionContext, sql: &str, limit: usize) -> String {
        let state = context.state();
        let plan = state.create_logical_plan(sql).await.unwrap();
        let physical = plan_within(&state, &plan, limit).await.unwrap();
        datafusion::physical_plan::displayable(physical.as_ref()).indent(false).to_string()
    }

    #[tokio::test]
    async fn the_guess_at_what_a_filter_keeps_is_not_trusted() {
        let context = tables().await;
        let state = context.state();
        let all = state.create_logical_plan("select n from many").await.unwrap();
        let all = state.create_physical_plan(&all).await.unwrap();
        let whole = StatisticsContext::new().compute(all.as_ref(), &StatisticsArgs::new()).unwrap();
        let whole = *whole.total_byte_size.get_value().unwrap();
        // Of an unknown predicate a fifth is expected to pass: less than half of the table.
        let half = "(select n from many where n % 2 = 0)";
        let join = format!("select count(*) from {half} as a join {half} as b on a.n = b.n");
        assert!(shown(&context, &join, whole / 2).await.contains("SortMergeJoinExec"));
        assert!(shown(&context, &join, 2 * whole).await.contains("HashJoinExec"));
    }
}
