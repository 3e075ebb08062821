/*!
The logical node: one input, a constant, the columns of what is asked.
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

/// What is asked of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::functions) enum Output {
    /// Every identifier with its component.
    Identifiers,
    /// Every time that a component got another's name.
    Merges,
}

impl Output {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Identifiers => "IdentityComponents",
            Self::Merges => "IdentityMerges",
        }
    }

    /// The columns that come out.
    pub(super) fn schema(self) -> &'static SchemaRef {
        match self {
            Self::Identifiers => &IDENTIFIERS,
            Self::Merges => &MERGES,
        }
    }
}

static IDENTIFIERS: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("id_type", DataType::Utf8, false),
        Field::new("id_value", DataType::Utf8, false),
        Field::new("component_id", DataType::Utf8, false),
        Field::new("first_seen_at", instant(), true),
        Field::new("last_seen_at", instant(), true),
        Field::new("is_guarded", DataType::Boolean, false),
    ]))
});

static MERGES: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("from_component_id", DataType::Utf8, false),
        Field::new("to_component_id", DataType::Utf8, false),
        Field::new("first_seen_at", instant(), true),
        Field::new("merged_at", instant(), true),
    ]))
});

fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

static LOGICAL_IDENTIFIERS: LazyLock<DFSchemaRef> = LazyLock::new(|| logical(&IDENTIFIERS));
static LOGICAL_MERGES: LazyLock<DFSchemaRef> = LazyLock::new(|| logical(&MERGES));

fn logical(schema: &SchemaRef) -> DFSchemaRef {
    Arc::new(DFSchema::try_from(Arc::clone(schema)).expect("the names are unique"))
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Hash)]
pub(in crate::functions) struct Identities {
    pub(in crate::functions) input: LogicalPlan,
    pub(in crate::functions) max_edges: u64,
    pub(in crate::functions) output: Output,
}

impl UserDefinedLogicalNodeCore for Identities {
    fn name(&self) -> &str {
        self.output.name()
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        match self.output {
            Output::Identifiers => &LOGICAL_IDENTIFIERS,
            Output::Merges => &LOGICAL_MERGES,
        }
    }

    fn expressions(&self) -> Vec<Expr> {
        Vec::new()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: max_edges={}", self.output.name(), self.max_edges)
    }

    fn with_exprs_and_inputs(&self, _: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Self> {
        match (inputs.pop(), inputs.is_empty()) {
            (Some(input), true) => {
                Ok(Self { input, max_edges: self.max_edges, output: self.output })
            }
            _ => plan_err!("{} reads one input", self.output.name()),
        }
    }
}
