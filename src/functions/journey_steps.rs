/*!
`journey_steps((select …))`: the touchpoints of every journey instance, in order.

A relation function, because it returns as many rows as it reads: rows come sorted by customer and
time, by a sort that spills like any other, and pass through an operator that keeps one customer's
state.
*/

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::{
    catalog::Session,
    common::{exec_datafusion_err, plan_err},
    error::Result,
    logical_expr::{
        Extension, LogicalPlan, UserDefinedLogicalNode,
        physical_planning_context::PhysicalPlanningContext,
        planner::{PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning},
    },
    physical_plan::ExecutionPlan,
    physical_planner::{ExtensionPlanner, PhysicalPlanner},
    sql::sqlparser::ast::TableFactor,
};

use super::{
    Build, Function, FunctionDoc, Relation,
    argument::Argument,
    relation::{columns, plan, subquery_and_rest},
};

mod exec;
mod node;
mod walker;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "journey_steps",
        syntax: "journey_steps((select journey, customer_key, occurred_at, …))",
        summary: "The touchpoints that belong to an instance of a journey, each with its place in it.",
        semantics: "In `from`. The subquery needs journey, customer_key, occurred_at, event_sequence, \
                    kind, namespace, event_id, event_name, stage_number (null outside every stage), \
                    can_start, ends (conditions) and timeout_seconds; other columns are carried. \
                    The touchpoints of a journey and customer are taken in the order of occurred_at, \
                    event_sequence, kind, namespace, event_id, nulls last. An instance begins with a \
                    touchpoint that can_start while none is open, and ends with one that ends it or \
                    with a silence longer than timeout_seconds. Touchpoints outside an instance or \
                    with a null occurred_at are left out. Added columns: instance_number (from 1, of \
                    the journey and customer), instance_started_at, same_start_number (from 1, of \
                    the instances that started at that moment), step_number (from 1), \
                    stage_visit_number (of the stay in a stage, from 1; null outside every stage), \
                    next_step_at (null for the last step), is_repeat (the step before has the same \
                    event_name), is_backward (an earlier stage than the last one), is_skip (a stage \
                    never reached is passed over). Rows come in no particular order; their content \
                    does not depend on that of the input.",
        complexity: "One sort of the rows, then O(1) a row; one batch of memory besides the sort.",
        example: "select journey, instance_number, step_number, event_name from journey_steps((select \
                  *, is_start or is_goal as can_start, is_goal or is_exit as ends, 86400 as \
                  timeout_seconds, cast(null as bigint) as stage_number from journeys.stage_events))",
        source: "Journey instances as in process mining: a case with a start, an end and a timeout.",
    },
    build: Build::Relation(build),
};

/// What the operator reads, at these positions of its input.
const INPUT: [(&str, Argument); 12] = [
    ("journey", Argument::Text),
    ("customer_key", Argument::Integer),
    ("occurred_at", Argument::Instant),
    ("event_sequence", Argument::Integer),
    ("kind", Argument::Text),
    ("namespace", Argument::Text),
    ("event_id", Argument::Text),
    ("event_name", Argument::Text),
    ("stage_number", Argument::Integer),
    ("can_start", Argument::Condition),
    ("ends", Argument::Condition),
    ("timeout_seconds", Argument::Integer),
];

/// Rows that are equal in these belong together …
const KEY: [&str; 2] = ["journey", "customer_key"];
/// … and are sorted by these, after the key.
const ORDER: [&str; 5] = ["occurred_at", "event_sequence", "kind", "namespace", "event_id"];

/// Where the operator finds a column that it reads.
fn position(name: &str) -> usize {
    INPUT.iter().position(|(column, _)| *column == name).expect("a column that is read")
}

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
                let (subquery, rest) = subquery_and_rest(FUNCTION.doc.syntax, args.args)?;
                if !rest.is_empty() {
                    return plan_err!("`{}` takes nothing but a subquery", FUNCTION.doc.syntax);
                }
                let input = columns(FUNCTION.doc.name, plan(subquery, context)?, &INPUT, true)?;
                let node = node::JourneySteps::over(input)?;
                let plan = LogicalPlan::Extension(Extension { node: Arc::new(node) });
                Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
            }
            other => Ok(RelationPlanning::Original(Box::new(other))),
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
        if node.as_any().downcast_ref::<node::JourneySteps>().is_none() {
            return Ok(None);
        }
        let [input] = physical_inputs else {
            return Err(exec_datafusion_err!("journey_steps reads one input"));
        };
        Ok(Some(Arc::new(exec::JourneyStepsExec::new(Arc::clone(input)))))
    }
}
