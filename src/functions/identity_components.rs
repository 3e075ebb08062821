/*!
`identity_components((select …))`: identifiers that belong to one person.

A relation function over a subquery: table functions cannot see tables, so a `RelationPlanner` turns
the call into a node above the subquery's plan. The optimizer, column lineage and the memory pool see
its input like any other.
*/

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::{
    catalog::Session,
    common::{DFSchema, exec_datafusion_err, plan_err},
    error::Result,
    logical_expr::{
        Expr, Extension, LogicalPlan, UserDefinedLogicalNode,
        physical_planning_context::PhysicalPlanningContext,
        planner::{PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning},
    },
    physical_plan::ExecutionPlan,
    physical_planner::{ExtensionPlanner, PhysicalPlanner},
    scalar::ScalarValue,
    sql::sqlparser::ast::{Expr as SqlExpr, TableFactor},
};

use super::{
    Build, Function, FunctionDoc, Relation,
    argument::Argument,
    relation::{columns, plan, subquery_and_rest},
};

mod exec;
mod graph;
mod node;

pub(super) use node::Output;

use node::Identities;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "identity_components",
        syntax: "identity_components((select left_type, left_value, right_type, right_value, seen_at …) [, max_edges])",
        summary: "One row per identifier with the person it belongs to: a connected component of \
                  identifiers that were seen together.",
        semantics: "In `from`. Each input row says that two identifiers were seen together at \
                    `seen_at` (may be null); an identifier whose type or value is null or '' is \
                    absent, so a row with one identifier only makes it known. Columns out: id_type, \
                    id_value, component_id, first_seen_at, last_seen_at, is_guarded. An identifier \
                    with more than `max_edges` (50) different neighbours is guarded: it links \
                    nothing and is a component of its own. component_id is entity_key(id_type, \
                    id_value) of the founding identifier: the first seen, then by kind (login, \
                    e-mail, CRM id, phone, other, cookie), then by type and value; it stays when a \
                    person gains identifiers. Rows come in no particular order; their content does \
                    not depend on that of the input.",
        complexity: "O((rows + identifiers) log identifiers); about 130 bytes an identifier and 16 an \
                     edge, reserved in the memory pool; does not spill.",
        example: "select id_value, component_id from identity_components((select left_type, \
                  left_value, right_type, right_value, seen_at from core.identity_edges), 50)",
        source: "Union-find: Tarjan and van Leeuwen 1984. Degree guard as in RudderStack and Adobe \
                 identity graphs.",
    },
    build: Build::Relation(build),
};

/// The columns of the subquery, by name and in any order.
const INPUT: [(&str, Argument); 5] = [
    ("left_type", Argument::Text),
    ("left_value", Argument::Text),
    ("right_type", Argument::Text),
    ("right_value", Argument::Text),
    ("seen_at", Argument::Instant),
];

const MAX_EDGES: u64 = 50;

fn build() -> Relation {
    relation(FUNCTION.doc, Output::Identifiers)
}

/// A function in `from` that answers a question about the graph of identifiers.
pub(super) fn relation(doc: FunctionDoc, output: Output) -> Relation {
    let planner = Arc::new(Planner { doc, output });
    Relation { planner: Arc::clone(&planner) as _, extension: planner }
}

#[derive(Debug)]
struct Planner {
    doc: FunctionDoc,
    output: Output,
}

impl RelationPlanner for Planner {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        match relation {
            TableFactor::Table { name, alias, args: Some(args), .. }
                if name.to_string().eq_ignore_ascii_case(self.doc.name) =>
            {
                let (subquery, rest) = subquery_and_rest(self.doc.syntax, args.args)?;
                let max_edges = self.max_edges(rest, context)?;
                let input = columns(self.doc.name, plan(subquery, context)?, &INPUT, false)?;
                let node = Identities { input, max_edges, output: self.output };
                let plan = LogicalPlan::Extension(Extension { node: Arc::new(node) });
                Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
            }
            other => Ok(RelationPlanning::Original(Box::new(other))),
        }
    }
}

impl Planner {
    fn max_edges(
        &self,
        rest: Vec<SqlExpr>,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<u64> {
        let mut rest = rest.into_iter();
        let constant = match (rest.next(), rest.next()) {
            (None, _) => return Ok(MAX_EDGES),
            (Some(max_edges), None) => context.sql_to_expr(max_edges, &DFSchema::empty())?,
            (Some(_), Some(_)) => return plan_err!("`{}` got 3 arguments", self.doc.syntax),
        };
        match constant {
            Expr::Literal(ScalarValue::Int64(Some(max_edges)), _) if max_edges >= 0 => {
                Ok(max_edges as u64)
            }
            other => {
                plan_err!("max_edges of `{}` must be a whole number, not {other}", self.doc.name)
            }
        }
    }
}

#[async_trait]
impl ExtensionPlanner for Planner {
    async fn plan_extension(
        &self,
        _planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _logical_inputs: &[&LogicalPlan],
        physical_inputs: &[Arc<dyn ExecutionPlan>],
        _session: &dyn Session,
        _context: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let Some(node) = node.as_any().downcast_ref::<Identities>() else {
            return Ok(None);
        };
        let [input] = physical_inputs else {
            return Err(exec_datafusion_err!("{} reads one input", self.doc.name));
        };
        let exec = exec::IdentitiesExec::new(Arc::clone(input), node.max_edges, node.output);
        Ok(Some(Arc::new(exec)))
    }
}
