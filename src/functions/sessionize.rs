/*!
`sessionize(ts, gap)`: numbers the visits within a window partition.

A window function that looks one row back, so DataFusion runs it in bounded memory. What it costs is
the sort of all rows by visitor and time, and most queries then group by the session, which sorts or
hashes again. Where only the sessions are wanted, `sessions` saves both.
*/

use std::{ops::Range, sync::Arc};

use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, Int64Array},
        datatypes::{DataType, Field, FieldRef, TimestampMicrosecondType},
    },
    common::{ScalarValue, exec_err, plan_err},
    error::Result,
    logical_expr::{
        LimitEffect, PartitionEvaluator, Signature, WindowUDF, WindowUDFImpl,
        function::{PartitionEvaluatorArgs, WindowUDFFieldArgs},
    },
    physical_expr::{PhysicalExpr, expressions::Literal},
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters, span_micros},
};
use crate::models::sessions::is_silence;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "sessionize",
        syntax: "sessionize(ts, gap)",
        summary: "Number of the session a row belongs to: one more after every silence longer than \
                  `gap`.",
        semantics: "Window function over `(partition by visitor order by ts, ...)`. Ids count from 1. \
                    A new session starts when ts - previous ts > gap, strictly, so a row exactly \
                    `gap` later still belongs. `gap` is a constant: an interval without months, or \
                    whole seconds. A null ts gets null and is passed over. Rows that do not come in \
                    ascending order of ts are an error.",
        complexity: "O(1) a row after the sort; one time stamp of state a partition.",
        example: "select sessionize(occurred_at, interval '30 minutes') over (partition by visitor_id \
                  order by occurred_at, event_id) from core.touchpoints",
        source: "Google Analytics 4 and Snowplow sessions: 30 minutes without activity end a session.",
    },
    build: Build::Window(build),
};

const PARAMETERS: Parameters =
    Parameters::new(FUNCTION.doc.syntax, &[Argument::Instant, Argument::Span]);

fn build() -> WindowUDF {
    WindowUDF::new_from_impl(Sessionize { signature: Parameters::signature() })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Sessionize {
    signature: Signature,
}

impl WindowUDFImpl for Sessionize {
    fn name(&self) -> &str {
        FUNCTION.doc.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        PARAMETERS.coerce(given)
    }

    fn field(&self, arguments: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(arguments.name(), DataType::Int64, true)))
    }

    fn partition_evaluator(
        &self,
        arguments: PartitionEvaluatorArgs,
    ) -> Result<Box<dyn PartitionEvaluator>> {
        let Some(gap) = arguments.input_exprs()[1].downcast_ref::<Literal>() else {
            return plan_err!("the gap of `{}` must be a constant", FUNCTION.doc.syntax);
        };
        let gap = span_micros(FUNCTION.doc.syntax, gap.value())?;
        Ok(Box::new(Sessions { gap, last: None }))
    }

    fn limit_effect(&self, _arguments: &[Arc<dyn PhysicalExpr>]) -> LimitEffect {
        LimitEffect::None
    }
}

#[derive(Debug)]
struct Sessions {
    gap: i64,
    /// Time and session of the last row that had a time.
    last: Option<(i64, i64)>,
}

impl Sessions {
    fn next(&mut self, ts: i64) -> Result<i64> {
        let id = match self.last {
            None => 1,
            Some((before, _)) if ts < before => {
                return exec_err!(
                    "`{}` met rows out of order: the window needs `order by` the same time stamp, \
                     ascending",
                    FUNCTION.doc.syntax
                );
            }
            Some((before, id)) => id + i64::from(is_silence(before, ts, self.gap)),
        };
        self.last = Some((ts, id));
        Ok(id)
    }
}

impl PartitionEvaluator for Sessions {
    fn is_causal(&self) -> bool {
        true
    }

    fn supports_bounded_execution(&self) -> bool {
        true
    }

    fn evaluate(&mut self, values: &[ArrayRef], range: &Range<usize>) -> Result<ScalarValue> {
        let instants = values[0].as_primitive::<TimestampMicrosecondType>();
        let ts = datafusion::arrow::array::Array::is_valid(instants, range.start)
            .then(|| instants.value(range.start));
        Ok(ScalarValue::Int64(ts.map(|ts| self.next(ts)).transpose()?))
    }

    fn evaluate_all(&mut self, values: &[ArrayRef], _rows: usize) -> Result<ArrayRef> {
        let instants = values[0].as_primitive::<TimestampMicrosecondType>();
        let ids = instants
            .iter()
            .map(|ts| ts.map(|ts| self.next(ts)).transpose())
            .collect::<Result<Int64Array>>()?;
        Ok(Arc::new(ids))
    }
}
