/*!
`sequence_match_events(pattern, ts, cond1, …)`: when the events of a match happened.
*/

use datafusion::{arrow::array::ArrayRef, error::Result, logical_expr::AggregateUDF};

use super::{
    Build, Function, FunctionDoc,
    aggregate::{Aggregate, empty_list},
    sequence_match::{coerce, groups},
    store::{
        list::InstantLists,
        marked::{self, Reading},
    },
};
use crate::models::{event::Event, sequence::Pattern};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "sequence_match_events",
        syntax: "sequence_match_events(pattern, ts, cond1, …, condn)",
        summary: "Time stamps of the events that stand for the (?N) of a pattern, as a list.",
        semantics: "Pattern and conditions as in `sequence_match`. The match that is complete first \
                    counts, and in it each (?N) is met as early as it can be. Without a match: the \
                    longest beginning of the pattern that events follow. What comes after the last \
                    (?N) does not change its time. An empty list where nothing is met.",
        complexity: "O(events log events + events × places) a group; 16 bytes an event that meets a \
                     condition, and 8 more while its group is read.",
        example: "select visitor_id, sequence_match_events('(?1).*(?2)', occurred_at, event_name = \
                  'view_item', event_name = 'purchase') from core.touchpoints group by visitor_id",
        source: "ClickHouse sequenceMatchEvents, behaviour of 26.9.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    Aggregate {
        name: FUNCTION.doc.name,
        coerce: |given| coerce(FUNCTION.doc.syntax, given),
        returns: |_| InstantLists::data_type(),
        empty: empty_list,
        state: marked::state,
        keeps_rows: true,
        groups: |call| groups(FUNCTION.doc.syntax, call, Instants),
    }
    .into()
}

#[derive(Clone)]
struct Instants(Pattern);

impl Reading for Instants {
    type Results = InstantLists;

    fn read(&self, events: &[Event], results: &mut InstantLists) -> Result<()> {
        results.push(self.0.instants(events))
    }

    fn finish(&self, results: InstantLists) -> Result<ArrayRef> {
        Ok(results.finish())
    }
}
