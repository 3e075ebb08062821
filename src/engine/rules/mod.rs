/*!
Repairs of what DataFusion does differently from what we promise.

Each file says what it repairs, names the upstream issue, and when it can be deleted.
*/

use std::sync::Arc;

use datafusion::{
    execution::SessionStateBuilder,
    logical_expr::{AggregateUDF, Extension},
    physical_planner::ExtensionPlanner,
};

use super::node_rule::NodeRule;

mod checked_arithmetic;
mod checked_sum;
mod compact_windows;
mod emptied_counts;
mod forgotten_keys;

/// Adds every rule to a session with default features.
pub fn install(mut builder: SessionStateBuilder) -> SessionStateBuilder {
    builder.aggregate_functions().get_or_insert_default().extend([
        Arc::new(AggregateUDF::from(checked_sum::CheckedSum::default())),
        Arc::new(AggregateUDF::from(emptied_counts::EmptiedCount::default())),
    ]);
    builder
        .with_analyzer_rule(Arc::new(checked_arithmetic::CheckedArithmetic))
        .with_analyzer_rule(Arc::new(forgotten_keys::ForgottenKeys))
        .with_physical_optimizer_rule(NodeRule::shared(
            "compact_windows",
            compact_windows::compacted,
        ))
}

/// What executes the nodes that rules put into plans.
pub fn extension_planners() -> Vec<Arc<dyn ExtensionPlanner + Send + Sync>> {
    vec![Arc::new(forgotten_keys::RowsPlanner)]
}

/// Whether a node that a rule put there passes the rows of its input on as they are.
pub(crate) fn passes_rows_on(extension: &Extension) -> bool {
    extension.node.as_any().is::<forgotten_keys::Rows>()
}
