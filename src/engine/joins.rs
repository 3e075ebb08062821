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
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    execution::{SessionState, SessionStateBuilder},
    logical_expr::LogicalPlan,
    physical_plan::{
        ExecutionPlan,
        joins::HashJoinExec,
        statistics::{StatisticsArgs, StatisticsContext},
    },
};

/// Plans with hash joins if each build side is provably below `limit` bytes, else with sort-merge.
pub(super) async fn plan_within(
    state: &SessionState,
    plan: &LogicalPlan,
    limit: usize,
) -> Result<Arc<dyn ExecutionPlan>> {
    let physical = state.create_physical_plan(plan).await?;
    if build_sides_fit(&physical, limit)? {
        return Ok(physical);
    }
    let mut config = state.config().clone();
    config.options_mut().optimizer.prefer_hash_join = false;
    SessionStateBuilder::new_from_existing(state.clone())
        .with_config(config)
        .build()
        .create_physical_plan(plan)
        .await
}

fn build_sides_fit(physical: &Arc<dyn ExecutionPlan>, limit: usize) -> Result<bool> {
    let mut fits = true;
    let statistics = StatisticsContext::new();
    physical.apply(|node| {
        if let Some(join) = node.downcast_ref::<HashJoinExec>() {
            let statistics = statistics.compute(join.left().as_ref(), &StatisticsArgs::new())?;
            let width = join.left().schema().fields().len() * ASSUMED_COLUMN_BYTES;
            let bytes = match (statistics.total_byte_size, statistics.num_rows) {
                (Precision::Exact(bytes) | Precision::Inexact(bytes), _) => Some(bytes),
                (_, Precision::Exact(rows) | Precision::Inexact(rows)) => Some(rows * width),
                _ => None,
            };
            if bytes.is_none_or(|bytes| bytes > limit) {
                fits = false;
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(fits)
}

/// Identifiers are 32 characters, most other columns 8 bytes.
const ASSUMED_COLUMN_BYTES: usize = 24;
