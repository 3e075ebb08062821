/*!
The logical node: one input, a constant, fixed columns out.
*/

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use datafusion::{
    arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
    common::{DFSchema, DFSchemaRef, plan_err},
    error::Result,
    logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNodeCore},
};

/// The columns that come out.
pub(super) static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Arc::new(Schema::new(vec![
        Field::new("id_type", DataType::Utf8, false),
        Field::new("id_value", DataType::Utf8, false),
        Field::new("component_id", DataType::Utf8, false),
        Field::new("first_seen_at", instant.clone(), true),
        Field::new("last_seen_at", instant, true),
        Field::new("is_guarded", DataType::Boolean, false),
    ]))
});

static LOGICAL_SCHEMA: LazyLock<DFSchemaRef> = LazyLock::new(|| {
    let schema = DFSchema::try_from(Arc::clone(&SCHEMA)).expect("the names are unique");
    Arc::new(schema)
});

#[derive(Debug, PartialEq, Eq, PartialOrd, Hash)]
pub(super) struct IdentityComponents {
    pub(super) input: LogicalPlan,
    pub(super) max_edges: u64,
}

impl UserDefinedLogicalNodeCore for IdentityComponents {
    fn name(&self) -> &str {
        "IdentityComponents"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        &LOGICAL_SCHEMA
    }

    fn expressions(&self) -> Vec<Expr> {
        Vec::new()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "IdentityComponents: max_edges={}", self.max_edges)
    }

    fn with_exprs_and_inputs(&self, _: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Self> {
        match (inputs.pop(), inputs.is_empty()) {
            (Some(input), true) => Ok(Self { input, max_edges: self.max_edges }),
            _ => plan_err!("IdentityComponents reads one input"),
        }
    }
}
