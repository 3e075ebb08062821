/*!
`sequence_match(pattern, ts, cond1, …)`: whether a visitor's events follow a pattern.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, BooleanArray},
        datatypes::DataType,
    },
    common::{DataFusionError, plan_err},
    error::Result,
    logical_expr::AggregateUDF,
    scalar::ScalarValue,
};

use super::{
    Build, Function, FunctionDoc,
    aggregate::{Aggregate, Call, Groups},
    argument::{Argument, Parameters},
    store::marked::{self, MarkedEvents, Reading},
};
use crate::models::{event::Event, sequence::Pattern};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "sequence_match",
        syntax: "sequence_match(pattern, ts, cond1, …, condn)",
        summary: "Whether the events of a group, in order of time, follow a pattern somewhere.",
        semantics: "`pattern` is a constant text: (?N) an event that meets condition N, `.` any \
                    event, `.*` any number of them, (?t<=60) so many whole seconds between the \
                    events beside it (<=, <, >=, >, ==; other events may lie between). Events that \
                    meet no condition are not part of the sequence, so in a, x, b the b follows the \
                    a directly unless x meets a condition too. After `.*` a time runs from where the \
                    `.*` stops. Null conditions are false, rows with a null ts are ignored, 1 to 32 \
                    conditions, at most 64 places. Independent of the order of rows: events of one \
                    instant come in the order of the conditions they meet. False without events, \
                    true if the pattern may be empty.",
        complexity: "O(events log events + events × places) a group for every pattern, without \
                     backtracking; 16 bytes an event that meets a condition.",
        example: "select visitor_id, sequence_match('(?1)(?t<=3600)(?2)', occurred_at, event_name = \
                  'add_to_cart', event_name = 'purchase') from core.touchpoints group by visitor_id",
        source: "ClickHouse sequenceMatch, behaviour of 26.9.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    Aggregate {
        name: FUNCTION.doc.name,
        coerce: |given| coerce(FUNCTION.doc.syntax, given),
        returns: |_| DataType::Boolean,
        empty: |_| Ok(ScalarValue::Boolean(Some(false))),
        state: marked::state,
        keeps_rows: true,
        groups: |call| groups(FUNCTION.doc.syntax, call, Matches),
    }
    .into()
}

/// The arguments of every function of patterns.
pub(super) fn coerce(syntax: &'static str, given: &[DataType]) -> Result<Vec<DataType>> {
    let required = &[Argument::Text, Argument::Instant, Argument::Condition];
    Parameters::with_conditions(syntax, required).coerce(given)
}

/// The groups of a function of patterns.
pub(super) fn groups<R: Reading>(
    syntax: &str,
    call: &Call,
    reading: fn(Pattern) -> R,
) -> Result<Box<dyn Groups>> {
    let Some(text) = call.constant(0, syntax)?.try_as_str().flatten() else {
        return plan_err!("the pattern of `{syntax}` must not be null");
    };
    let pattern = Pattern::parse(text, call.types.len() - 2).map_err(DataFusionError::Plan)?;
    Ok(Box::new(MarkedEvents::new(1, call, reading(pattern))))
}

#[derive(Clone)]
struct Matches(Pattern);

impl Reading for Matches {
    type Results = Vec<bool>;

    fn read(&self, events: &[Event], results: &mut Vec<bool>) -> Result<()> {
        results.push(self.0.matches(events));
        Ok(())
    }

    fn finish(&self, results: Vec<bool>) -> Result<ArrayRef> {
        Ok(Arc::new(BooleanArray::from(results)))
    }
}
