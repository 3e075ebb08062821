/*!
`sequence_count(pattern, ts, cond1, …)`: how often a visitor's events follow a pattern.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, Int64Array},
        datatypes::DataType,
    },
    error::Result,
    logical_expr::AggregateUDF,
    scalar::ScalarValue,
};

use super::{
    Build, Function, FunctionDoc,
    aggregate::Aggregate,
    sequence_match::{coerce, groups},
    store::marked::{self, Reading},
};
use crate::models::{event::Event, sequence::Pattern};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "sequence_count",
        syntax: "sequence_count(pattern, ts, cond1, …, condn)",
        summary: "How often the events of a group follow a pattern, without overlap, as Int64.",
        semantics: "Pattern and conditions as in `sequence_match`. A match is complete as early as it \
                    can be, and the next one is looked for after its last event. A pattern that may \
                    be empty counts once an event. 0 without events.",
        complexity: "O(events log events + events × places) a group; 16 bytes an event that meets a \
                     condition.",
        example: "select visitor_id, sequence_count('(?1)(?2)', occurred_at, event_name = \
                  'view_item', event_name = 'add_to_cart') from core.touchpoints group by visitor_id",
        source: "ClickHouse sequenceCount, behaviour of 26.9.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    Aggregate {
        name: FUNCTION.doc.name,
        coerce: |given| coerce(FUNCTION.doc.syntax, given),
        returns: |_| DataType::Int64,
        empty: |_| Ok(ScalarValue::Int64(Some(0))),
        state: marked::state,
        keeps_rows: true,
        groups: |call| groups(FUNCTION.doc.syntax, call, Count),
    }
    .into()
}

#[derive(Clone)]
struct Count(Pattern);

impl Reading for Count {
    type Results = Vec<i64>;

    fn read(&self, events: &[Event], results: &mut Vec<i64>) -> Result<()> {
        results.push(self.0.count(events) as i64);
        Ok(())
    }

    fn finish(&self, results: Vec<i64>) -> Result<ArrayRef> {
        Ok(Arc::new(Int64Array::from(results)))
    }
}
