/*!
Repairs of what DataFusion does differently from what we promise.

Each file says what it repairs, names the upstream issue, and when it can be deleted.
*/

use std::sync::Arc;

use datafusion::{execution::SessionStateBuilder, logical_expr::AggregateUDF};

mod checked_arithmetic;
mod checked_sum;
mod compact_windows;

/// Adds every rule to a session with default features.
pub fn install(mut builder: SessionStateBuilder) -> SessionStateBuilder {
    builder
        .aggregate_functions()
        .get_or_insert_default()
        .push(Arc::new(AggregateUDF::from(checked_sum::CheckedSum::default())));
    builder
        .with_analyzer_rule(Arc::new(checked_arithmetic::CheckedArithmetic))
        .with_physical_optimizer_rule(Arc::new(compact_windows::CompactWindows))
}
