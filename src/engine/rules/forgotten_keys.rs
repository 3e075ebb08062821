/*!
`unnest` ends what was unique before it.

DataFusion lets the rows that `unnest` makes keep the unique keys of the rows it makes them of
(apache/datafusion#24787): after `select k, unnest(a) as x … group by k` it takes `k` for a key, so
that `select distinct k` keeps duplicates, `order by k, x` drops `x`, and `group by k, x` may lose
`x`. Here a node that passes rows on and knows no keys is put below such an `unnest`, and what lies
above it is told.

Delete when `Unnest::try_new` leaves the functional dependencies of its input out.
*/

use std::{collections::HashSet, fmt, sync::Arc};

use async_trait::async_trait;
use datafusion::{
    catalog::Session,
    common::{
        DFSchema, DFSchemaRef, FunctionalDependencies, config::ConfigOptions, plan_err,
        tree_node::Transformed,
    },
    error::Result,
    logical_expr::{
        Expr, Extension, LogicalPlan, Unnest, UserDefinedLogicalNode, UserDefinedLogicalNodeCore,
        physical_planning_context::PhysicalPlanningContext,
    },
    optimizer::AnalyzerRule,
    physical_plan::ExecutionPlan,
    physical_planner::{ExtensionPlanner, PhysicalPlanner},
};

#[derive(Debug)]
pub(super) struct ForgottenKeys;

impl AnalyzerRule for ForgottenKeys {
    fn name(&self) -> &str {
        "forgotten_keys"
    }

    fn analyze(&self, plan: LogicalPlan, _options: &ConfigOptions) -> Result<LogicalPlan> {
        let plan = plan.transform_up_with_subqueries(forget)?;
        if !plan.transformed {
            return Ok(plan.data);
        }
        plan.data
            .transform_up_with_subqueries(|plan| plan.recompute_schema().map(Transformed::yes))
            .map(|plan| plan.data)
    }
}

fn forget(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Unnest(Unnest { input, exec_columns, options, .. }) = plan else {
        return Ok(Transformed::no(plan));
    };
    let has_keys = !input.schema().functional_dependencies().is_empty();
    let input = match has_keys {
        true => Arc::new(Rows::of(Arc::unwrap_or_clone(input))?.into()),
        false => input,
    };
    let unnest = Unnest::try_new(input, exec_columns, options)?;
    Ok(Transformed::new_transformed(LogicalPlan::Unnest(unnest), has_keys))
}

/// The rows of its input, of which nothing is known to be unique.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Rows {
    input: LogicalPlan,
    schema: DFSchemaRef,
}

impl Rows {
    fn of(input: LogicalPlan) -> Result<Self> {
        let schema = DFSchema::clone(input.schema());
        let schema = schema.with_functional_dependencies(FunctionalDependencies::empty())?;
        Ok(Self { input, schema: Arc::new(schema) })
    }
}

impl From<Rows> for LogicalPlan {
    fn from(rows: Rows) -> Self {
        Self::Extension(Extension { node: Arc::new(rows) })
    }
}

impl PartialOrd for Rows {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.input.partial_cmp(&other.input)
    }
}

impl UserDefinedLogicalNodeCore for Rows {
    fn name(&self) -> &'static str {
        "Rows"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        Vec::new()
    }

    /// A predicate holds of the same rows below.
    fn prevent_predicate_push_down_columns(&self) -> HashSet<String> {
        HashSet::new()
    }

    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        Some(vec![output_columns.to_vec()])
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rows")
    }

    fn with_exprs_and_inputs(&self, _: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Self> {
        match (inputs.pop(), inputs.is_empty()) {
            (Some(input), true) => Self::of(input),
            _ => plan_err!("Rows reads one input"),
        }
    }
}

/// Leaves the node out: only planning asks what is unique.
#[derive(Debug)]
pub(super) struct RowsPlanner;

#[async_trait]
impl ExtensionPlanner for RowsPlanner {
    async fn plan_extension(
        &self,
        _planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _logical_inputs: &[&LogicalPlan],
        physical_inputs: &[Arc<dyn ExecutionPlan>],
        _session: &dyn Session,
        _context: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let is_rows = node.as_any().is::<Rows>();
        Ok(physical_inputs.first().filter(|_| is_rows).map(Arc::clone))
    }
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::util::pretty::pretty_format_batches, execution::SessionStateBuilder,
        prelude::SessionContext,
    };

    use crate::{engine::rules, functions};

    /// What comes back, line by line without frames.
    fn rows(sql: &str) -> Vec<String> {
        let builder = SessionStateBuilder::new().with_default_features();
        let builder = functions::install(builder, rules::extension_planners());
        let context = SessionContext::new_with_state(rules::install(builder).build());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let batches = runtime.block_on(async { context.sql(sql).await?.collect().await }).unwrap();
        let table = pretty_format_batches(&batches).unwrap().to_string();
        let lines = table.lines().skip(3).filter(|line| line.starts_with('|'));
        lines.map(|line| line.replace(['|', ' '], "")).collect()
    }

    const EACH: &str = "(select k, unnest(make_array(3, 1, 2)) as x from (values (2), (1), (1)) as t(k) group by k)";

    #[test]
    fn what_was_unique_is_repeated_by_unnest() {
        let distinct = format!("select distinct k from {EACH} order by k");
        assert_eq!(rows(&distinct), ["1", "2"]);
        let ordered = format!("select k, x from {EACH} order by k, x");
        assert_eq!(rows(&ordered), ["11", "12", "13", "21", "22", "23"]);
        let counted = format!("select count(*) as n from {EACH} group by k, x order by k");
        assert_eq!(rows(&counted), ["1"; 6]);
        let joined = format!(
            "select count(*) as n from (values (1), (2)) as t(k) left join {EACH} as e on t.k = e.k"
        );
        assert_eq!(rows(&joined), ["6"]);
    }

    #[test]
    fn predicates_and_columns_go_through() {
        let filtered = format!("select x from {EACH} where k = 2 and x > 1 order by x");
        assert_eq!(rows(&filtered), ["2", "3"]);
    }
}
