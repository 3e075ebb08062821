/*!
`funnel_steps(window, [mode,] ts, cond1, …)`: when each visitor took the steps of a funnel.
*/

use datafusion::{arrow::array::ArrayRef, error::Result, logical_expr::AggregateUDF};

use super::{
    Build, Function, FunctionDoc,
    aggregate::{Aggregate, empty_list},
    store::{
        list::InstantLists,
        marked::{self, MarkedEvents, Reading},
    },
    window_funnel::{Funnel, coerce},
};
use crate::models::{event::Event, funnel::deepest_chain};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "funnel_steps",
        syntax: "funnel_steps(window, [mode,] ts, cond1, …, condn)",
        summary: "Time stamps of the steps of the chain that `window_funnel` finds, as a list.",
        semantics: "As many as `window_funnel` with the same arguments returns, in the order of the \
                    steps; an empty list where it returns 0. Of several chains to the deepest step \
                    the last one counts, and in it a step that is met again before the next one \
                    counts at its last time. Modes, nulls and ties as there.",
        complexity: "O(events log events + events × steps) a group; 16 bytes an event that meets a \
                     condition.",
        example: "select visitor_id, seconds_between(steps[1], steps[2]) as seconds_to_cart from \
                  (select visitor_id, funnel_steps(interval '7 days', occurred_at, event_name = \
                  'view_item', event_name = 'add_to_cart') as steps from core.touchpoints group by \
                  visitor_id)",
        source: "The chain of ClickHouse windowFunnel, behaviour of 26.9.",
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
        groups: |call| {
            let (funnel, ts) = Funnel::of(FUNCTION.doc.syntax, call)?;
            Ok(Box::new(MarkedEvents::new(ts, call, Steps(funnel))))
        },
    }
    .into()
}

#[derive(Clone)]
struct Steps(Funnel);

impl Reading for Steps {
    type Results = InstantLists;

    fn looks_at(&self, met: u32) -> bool {
        self.0.mode.looks_at(met)
    }

    fn read(&self, events: &[Event], results: &mut InstantLists) -> Result<()> {
        results.push(deepest_chain(events, self.0.steps, self.0.window, self.0.mode))
    }

    fn finish(&self, results: InstantLists) -> Result<ArrayRef> {
        Ok(results.finish())
    }
}
