/*!
The logical node: one input, whose columns come out again with those that are added.
*/

use std::{cmp::Ordering, fmt, sync::Arc};

use datafusion::{
    arrow::datatypes::{DataType, Field, Schema, SchemaRef},
    common::{DFSchema, DFSchemaRef, plan_err},
    error::Result,
    logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNodeCore},
};

use super::INPUT;
use crate::functions::store::list::instant_type;

/// The columns of an input and those that are added.
pub(super) fn with_added(input: &Schema) -> SchemaRef {
    let added = [
        Field::new("instance_number", DataType::Int64, false),
        Field::new("instance_started_at", instant_type(), false),
        Field::new("same_start_number", DataType::Int64, false),
        Field::new("step_number", DataType::Int64, false),
        Field::new("stage_visit_number", DataType::Int64, true),
        Field::new("next_step_at", instant_type(), true),
        Field::new("is_repeat", DataType::Boolean, false),
        Field::new("is_backward", DataType::Boolean, false),
        Field::new("is_skip", DataType::Boolean, false),
    ];
    let fields = input.fields().iter().cloned().chain(added.map(Arc::new));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct JourneySteps {
    input: LogicalPlan,
    schema: DFSchemaRef,
}

impl JourneySteps {
    /// The first columns of the input are those that the operator reads.
    pub(super) fn over(input: LogicalPlan) -> Result<Self> {
        let schema = DFSchema::try_from(with_added(input.schema().as_arrow()))?;
        Ok(Self { input, schema: Arc::new(schema) })
    }
}

/// The schema follows from the input.
impl PartialOrd for JourneySteps {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.input.partial_cmp(&other.input)
    }
}

impl UserDefinedLogicalNodeCore for JourneySteps {
    fn name(&self) -> &str {
        "JourneySteps"
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

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JourneySteps")
    }

    fn with_exprs_and_inputs(&self, _: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Self> {
        match (inputs.pop(), inputs.is_empty()) {
            (Some(input), true) => Self::over(input),
            _ => plan_err!("JourneySteps reads one input"),
        }
    }

    /// What the operator reads, and of the others what is asked for.
    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        let carried = INPUT.len()..self.input.schema().fields().len();
        let asked = output_columns.iter().copied().filter(|column| carried.contains(column));
        Some(vec![(0..INPUT.len()).chain(asked).collect()])
    }
}
