/*!
SQL functions, one per file, named as in SQL.

A new function is one file with a `FUNCTION` constant (its documentation and how to build it), one
line in [`ALL`] and one file `tests/slt/<name>.slt`. Mathematics lives in `models/`; what a file here
owns is the SQL surface: argument types, nulls, state that merges, memory that is accounted for.
*/

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use datafusion::{
    catalog::Session,
    error::Result,
    execution::{SessionStateBuilder, context::QueryPlanner},
    logical_expr::{AggregateUDF, LogicalPlan, ScalarUDF, WindowUDF, planner::RelationPlanner},
    physical_plan::ExecutionPlan,
    physical_planner::{DefaultPhysicalPlanner, ExtensionPlanner, PhysicalPlanner},
};

mod aggregate;
mod argument;
pub(crate) mod filter;
mod scalar;
mod store;

mod add_months_anchored;
mod entity_key;
mod identity_components;
mod is_bot;
mod local_date;
mod median_exact;
mod microseconds_between;
mod months_between_anchored;
mod mrr_monthly;
mod normalize_email;
mod nps;
mod nps_se;
mod period_start;
mod quantile_exact;
mod rate;
mod seconds_between;
mod sessionize;
mod short_key;
mod url_param;
mod url_path;
mod wilson_high;
mod wilson_low;
mod window_funnel;

/// Every function, in alphabetical order.
pub const ALL: &[Function] = &[
    add_months_anchored::FUNCTION,
    entity_key::FUNCTION,
    identity_components::FUNCTION,
    is_bot::FUNCTION,
    local_date::FUNCTION,
    median_exact::FUNCTION,
    microseconds_between::FUNCTION,
    months_between_anchored::FUNCTION,
    mrr_monthly::FUNCTION,
    normalize_email::FUNCTION,
    nps::FUNCTION,
    nps_se::FUNCTION,
    period_start::FUNCTION,
    quantile_exact::FUNCTION,
    rate::FUNCTION,
    seconds_between::FUNCTION,
    sessionize::FUNCTION,
    short_key::FUNCTION,
    url_param::FUNCTION,
    url_path::FUNCTION,
    wilson_high::FUNCTION,
    wilson_low::FUNCTION,
    window_funnel::FUNCTION,
];

/// A SQL function: what it promises and how it is built.
pub struct Function {
    pub doc: FunctionDoc,
    build: Build,
}

/// The reference page of a function, as `journeymart functions NAME` prints it.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct FunctionDoc {
    pub name: &'static str,
    pub syntax: &'static str,
    /// One sentence for the list of functions.
    pub summary: &'static str,
    /// Nulls, edges, ties, errors: everything a careful reader asks.
    pub semantics: &'static str,
    /// Time and memory, per row or group.
    pub complexity: &'static str,
    pub example: &'static str,
    /// Where the definition comes from.
    pub source: &'static str,
}

/// How a function comes to be, which is also its kind.
#[derive(Clone, Copy)]
enum Build {
    Scalar(fn() -> ScalarUDF),
    Aggregate(fn() -> AggregateUDF),
    Window(fn() -> WindowUDF),
    Relation(fn() -> Relation),
}

/// A function in `from`: how its call is planned, and how its node is executed.
struct Relation {
    planner: Arc<dyn RelationPlanner>,
    extension: Arc<dyn ExtensionPlanner + Send + Sync>,
}

impl Function {
    /// `scalar`, `aggregate`, `window` or `relation`.
    pub fn kind(&self) -> &'static str {
        match self.build {
            Build::Scalar(_) => "scalar",
            Build::Aggregate(_) => "aggregate",
            Build::Window(_) => "window",
            Build::Relation(_) => "relation",
        }
    }
}

/// Finds a function by its SQL name.
pub fn find(name: &str) -> Option<&'static Function> {
    ALL.iter().find(|function| function.doc.name.eq_ignore_ascii_case(name))
}

/// Makes every function known to a session; call it after `with_default_features`.
pub fn install(mut builder: SessionStateBuilder) -> SessionStateBuilder {
    let mut extensions = Vec::new();
    for function in ALL {
        match function.build {
            Build::Scalar(build) => {
                builder.scalar_functions().get_or_insert_default().push(Arc::new(build()));
            }
            Build::Aggregate(build) => {
                builder.aggregate_functions().get_or_insert_default().push(Arc::new(build()));
            }
            Build::Window(build) => {
                builder.window_functions().get_or_insert_default().push(Arc::new(build()));
            }
            Build::Relation(build) => {
                let relation = build();
                builder.relation_planners().get_or_insert_default().push(relation.planner);
                extensions.push(relation.extension);
            }
        }
    }
    builder.with_query_planner(Arc::new(Planner(extensions)))
}

/// DataFusion's planner, which also knows the nodes of relation functions.
struct Planner(Vec<Arc<dyn ExtensionPlanner + Send + Sync>>);

impl fmt::Debug for Planner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Planner")
    }
}

#[async_trait]
impl QueryPlanner for Planner {
    async fn create_physical_plan(
        &self,
        plan: &LogicalPlan,
        session: &dyn Session,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        DefaultPhysicalPlanner::with_extension_planners(self.0.clone())
            .create_physical_plan(plan, session)
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sorted() {
        for pair in ALL.windows(2) {
            assert!(pair[0].doc.name < pair[1].doc.name, "{} is misplaced", pair[1].doc.name);
        }
    }

    #[test]
    fn every_page_is_complete() {
        for function in ALL {
            let doc = function.doc;
            assert!(doc.syntax.starts_with(doc.name), "{} has another syntax", doc.name);
            assert!(doc.summary.ends_with('.'), "{} has no summary", doc.name);
            assert!(doc.semantics.ends_with('.'), "{} has no semantics", doc.name);
            assert!(doc.complexity.ends_with('.'), "{} has no complexity", doc.name);
            assert!(doc.example.contains(doc.name), "{} has no example", doc.name);
            assert!(!doc.source.is_empty(), "{} has no source", doc.name);
        }
    }
}
