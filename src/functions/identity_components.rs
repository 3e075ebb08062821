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
        Expr, Extension, LogicalPlan, LogicalPlanBuilder, UserDefinedLogicalNode, cast, col,
        physical_planning_context::PhysicalPlanningContext,
        planner::{PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning},
    },
    physical_plan::ExecutionPlan,
    physical_planner::{ExtensionPlanner, PhysicalPlanner},
    scalar::ScalarValue,
    sql::sqlparser::ast::{Expr as SqlExpr, FunctionArg, FunctionArgExpr, Query, TableFactor},
};

use super::{Build, Function, FunctionDoc, Relation, argument::Argument};

mod exec;
mod graph;
mod node;

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
        complexity: "O((rows + identifiers) log identifiers); about 130 bytes an identifier and 8 an \
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
    Relation { planner: Arc::new(Planner), extension: Arc::new(Planner) }
}

#[derive(Debug)]
struct Planner;

impl RelationPlanner for Planner {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        match relation {
            TableFactor::Table { name, alias, args: Some(args), .. }
                if name.to_string().eq_ignore_ascii_case(FUNCTION.doc.name) =>
            {
                let (subquery, max_edges) = arguments(args.args, context)?;
                let input = context.plan(TableFactor::Derived {
                    lateral: false,
                    subquery,
                    alias: None,
                    sample: None,
                })?;
                let node = node::IdentityComponents { input: edges(input)?, max_edges };
                let plan = LogicalPlan::Extension(Extension { node: Arc::new(node) });
                Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
            }
            other => Ok(RelationPlanning::Original(Box::new(other))),
        }
    }
}

fn arguments(
    args: Vec<FunctionArg>,
    context: &mut dyn RelationPlannerContext,
) -> Result<(Box<Query>, u64)> {
    let mut args = args.into_iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => Some(expression),
        _ => None,
    });
    let (Some(Some(SqlExpr::Subquery(subquery))), max_edges, None) =
        (args.next(), args.next(), args.next())
    else {
        return plan_err!("`{}` takes a subquery in its own parentheses", FUNCTION.doc.syntax);
    };
    let Some(max_edges) = max_edges else { return Ok((subquery, MAX_EDGES)) };
    let constant = match max_edges {
        Some(expression) => context.sql_to_expr(expression, &DFSchema::empty())?,
        None => Expr::Literal(ScalarValue::Null, None),
    };
    match constant {
        Expr::Literal(ScalarValue::Int64(Some(max_edges)), _) if max_edges >= 0 => {
            Ok((subquery, max_edges as u64))
        }
        other => {
            plan_err!("max_edges of `identity_components` must be a whole number, not {other}")
        }
    }
}

/// The subquery's columns by name, in the order and with the types that the operator reads.
fn edges(input: LogicalPlan) -> Result<LogicalPlan> {
    let mut columns = Vec::with_capacity(INPUT.len());
    for (name, wanted) in INPUT {
        let Ok(field) = input.schema().field_with_unqualified_name(name) else {
            return plan_err!(
                "the subquery of `identity_components` has no column {name}; it needs left_type, \
                 left_value, right_type, right_value, seen_at"
            );
        };
        let data_type = wanted.coerce(name, FUNCTION.doc.name, field.data_type())?;
        let (qualifier, _) = input.schema().qualified_field_with_unqualified_name(name)?;
        let column = match qualifier {
            Some(qualifier) => {
                Expr::Column(datafusion::common::Column::new(Some(qualifier.clone()), name))
            }
            None => col(name),
        };
        columns.push(cast(column, data_type).alias(name));
    }
    LogicalPlanBuilder::from(input).project(columns)?.build()
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
        let Some(node) = node.as_any().downcast_ref::<node::IdentityComponents>() else {
            return Ok(None);
        };
        let [input] = physical_inputs else {
            return Err(exec_datafusion_err!("identity_components reads one input"));
        };
        Ok(Some(Arc::new(exec::IdentityComponentsExec::new(Arc::clone(input), node.max_edges))))
    }
}
