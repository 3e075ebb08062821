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
mod fit;
mod model;
mod names;
mod paths;
mod ranking;
pub mod reference;
mod relation;
mod scalar;
mod score;
mod session_rules;
mod store;
mod survival;
mod tally;
mod touch;
mod two_samples;
mod two_shares;

mod add_months_anchored;
mod attribution;
mod benjamini_hochberg;
mod bg_bb_expected_purchases;
mod bg_bb_fit;
mod bg_bb_p_active;
mod bg_bb_p_alive;
mod bg_nbd_expected_purchases;
mod bg_nbd_fit;
mod bg_nbd_p_active;
mod bg_nbd_p_alive;
mod ces_index;
mod ces_mean;
mod ces_top3;
mod channel_group;
mod chi2_p;
mod clv;
mod csat;
mod derl;
mod entity_key;
mod first_touch;
mod funnel_steps;
mod gamma_gamma_expected_value;
mod gamma_gamma_fit;
mod identity_components;
mod identity_merges;
mod is_bot;
mod iso_week;
mod journey_steps;
mod kaplan_meier;
mod km_median;
mod km_median_high;
mod km_median_low;
mod last_touch;
mod lifecycle;
mod local_date;
pub(crate) mod local_day_start;
mod log_rank;
mod logit_fit;
mod logit_predict;
mod markov_attribution;
mod mbg_nbd_expected_purchases;
mod mbg_nbd_fit;
mod mbg_nbd_p_active;
mod mbg_nbd_p_alive;
mod median_exact;
mod microseconds_between;
mod months_between_anchored;
mod mrr_monthly;
mod mrr_movement;
mod nelson_aalen;
mod newcombe_diff_high;
mod newcombe_diff_low;
mod normalize_email;
mod normalize_phone;
mod nps;
mod nps_se;
mod pareto_nbd_expected_purchases;
mod pareto_nbd_fit;
mod pareto_nbd_p_active;
mod pareto_nbd_p_alive;
mod path_agg;
mod path_transform;
mod period_start;
pub(crate) mod pseudonymize;
mod quantile_exact;
mod rate;
mod retention;
mod roc_auc;
mod salesforce_id18;
mod sbg_fit;
mod sbg_retention;
mod sbg_survival;
mod seconds_between;
mod sequence_count;
mod sequence_match;
mod sequence_match_events;
mod sequence_next_node;
mod sessionize;
mod sessions;
mod shapley_attribution;
mod short_key;
mod strip_params;
mod stripe_amount;
mod top_share;
mod transition;
mod two_prop_p;
mod two_prop_z;
mod url_host;
mod url_param;
mod url_path;
mod welch_diff_high;
mod welch_diff_low;
mod welch_p;
mod welch_t;
mod wilson_high;
mod wilson_low;
mod window_funnel;

pub(crate) use aggregate::keeps_rows;

/// Every function, in alphabetical order.
pub const ALL: &[Function] = &[
    add_months_anchored::FUNCTION,
    attribution::FUNCTION,
    benjamini_hochberg::FUNCTION,
    bg_bb_expected_purchases::FUNCTION,
    bg_bb_fit::FUNCTION,
    bg_bb_p_active::FUNCTION,
    bg_bb_p_alive::FUNCTION,
    bg_nbd_expected_purchases::FUNCTION,
    bg_nbd_fit::FUNCTION,
    bg_nbd_p_active::FUNCTION,
    bg_nbd_p_alive::FUNCTION,
    ces_index::FUNCTION,
    ces_mean::FUNCTION,
    ces_top3::FUNCTION,
    channel_group::FUNCTION,
    chi2_p::FUNCTION,
    clv::FUNCTION,
    csat::FUNCTION,
    derl::FUNCTION,
    entity_key::FUNCTION,
    first_touch::FUNCTION,
    funnel_steps::FUNCTION,
    gamma_gamma_expected_value::FUNCTION,
    gamma_gamma_fit::FUNCTION,
    identity_components::FUNCTION,
    identity_merges::FUNCTION,
    is_bot::FUNCTION,
    iso_week::FUNCTION,
    journey_steps::FUNCTION,
    kaplan_meier::FUNCTION,
    km_median::FUNCTION,
    km_median_high::FUNCTION,
    km_median_low::FUNCTION,
    last_touch::FUNCTION,
    lifecycle::FUNCTION,
    local_date::FUNCTION,
    local_day_start::FUNCTION,
    log_rank::FUNCTION,
    logit_fit::FUNCTION,
    logit_predict::FUNCTION,
    markov_attribution::FUNCTION,
    mbg_nbd_expected_purchases::FUNCTION,
    mbg_nbd_fit::FUNCTION,
    mbg_nbd_p_active::FUNCTION,
    mbg_nbd_p_alive::FUNCTION,
    median_exact::FUNCTION,
    microseconds_between::FUNCTION,
    months_between_anchored::FUNCTION,
    mrr_monthly::FUNCTION,
    mrr_movement::FUNCTION,
    nelson_aalen::FUNCTION,
    newcombe_diff_high::FUNCTION,
    newcombe_diff_low::FUNCTION,
    normalize_email::FUNCTION,
    normalize_phone::FUNCTION,
    nps::FUNCTION,
    nps_se::FUNCTION,
    pareto_nbd_expected_purchases::FUNCTION,
    pareto_nbd_fit::FUNCTION,
    pareto_nbd_p_active::FUNCTION,
    pareto_nbd_p_alive::FUNCTION,
    path_agg::FUNCTION,
    path_transform::FUNCTION,
    period_start::FUNCTION,
    pseudonymize::FUNCTION,
    quantile_exact::FUNCTION,
    rate::FUNCTION,
    retention::FUNCTION,
    roc_auc::FUNCTION,
    salesforce_id18::FUNCTION,
    sbg_fit::FUNCTION,
    sbg_retention::FUNCTION,
    sbg_survival::FUNCTION,
    seconds_between::FUNCTION,
    sequence_count::FUNCTION,
    sequence_match::FUNCTION,
    sequence_match_events::FUNCTION,
    sequence_next_node::FUNCTION,
    sessionize::FUNCTION,
    sessions::FUNCTION,
    shapley_attribution::FUNCTION,
    short_key::FUNCTION,
    strip_params::FUNCTION,
    stripe_amount::FUNCTION,
    top_share::FUNCTION,
    transition::FUNCTION,
    two_prop_p::FUNCTION,
    two_prop_z::FUNCTION,
    url_host::FUNCTION,
    url_param::FUNCTION,
    url_path::FUNCTION,
    welch_diff_high::FUNCTION,
    welch_diff_low::FUNCTION,
    welch_p::FUNCTION,
    welch_t::FUNCTION,
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
///
/// A session has one planner: `extensions` are those of nodes that are not functions.
pub fn install(
    mut builder: SessionStateBuilder,
    mut extensions: Vec<Arc<dyn ExtensionPlanner + Send + Sync>>,
) -> SessionStateBuilder {
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
