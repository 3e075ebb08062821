/*!
`window_funnel(window, [mode,] ts, cond1, …)`: how far each visitor came in a funnel.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, Int64Array},
        datatypes::DataType,
    },
    common::plan_err,
    error::Result,
    logical_expr::AggregateUDF,
    scalar::ScalarValue,
};

use super::{
    Build, Function, FunctionDoc,
    aggregate::{Aggregate, Call},
    argument::{Argument, Parameters, span_micros},
    store::marked::{self, MarkedEvents, Reading},
};
use crate::{
    error::nearest,
    models::{
        event::Event,
        funnel::{Mode, deepest_step},
    },
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "window_funnel",
        syntax: "window_funnel(window, [mode,] ts, cond1, …, condn)",
        summary: "Deepest step of a funnel that a chain of events reaches within a window, as Int64.",
        semantics: "0 to n. Steps are met in order of time; the last one lies within `window` \
                    (interval without months, or whole seconds; inclusive) of the first; the newest \
                    first event counts. `mode` is a constant text of words with commas between: \
                    strict_deduplication (a repeated step ends the chain), strict_order (an event of \
                    no step, or out of turn, ends it), strict_increase (steps at different \
                    instants), strict_once (one event fills one step), allow_reentry (with \
                    strict_order: steps out of turn are passed over). Without one, other events may \
                    come in between and one event may fill several steps. Null conditions are false, \
                    rows with a null ts are ignored, 1 to 32 conditions. Independent of the order of \
                    rows: events of one instant are taken together.",
        complexity: "O(events log events) a group, linear where they arrive sorted; 16 bytes an \
                     event that meets a condition.",
        example: "select visitor_id, window_funnel(interval '7 days', occurred_at, event_name = \
                  'view_item', event_name = 'add_to_cart', event_name = 'purchase') from \
                  core.touchpoints group by visitor_id",
        source: "ClickHouse windowFunnel, behaviour of 26.9.",
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
        groups: |call| {
            let (funnel, ts) = Funnel::of(FUNCTION.doc.syntax, call)?;
            Ok(Box::new(MarkedEvents::new(ts, call, Depth(funnel))))
        },
    }
    .into()
}

/// A funnel as a call spells it out.
#[derive(Clone, Copy)]
pub(super) struct Funnel {
    pub(super) steps: usize,
    pub(super) window: i64,
    pub(super) mode: Mode,
}

impl Funnel {
    /// The constants of a call, and the position of its time stamp.
    pub(super) fn of(syntax: &str, call: &Call) -> Result<(Self, usize)> {
        let window = span_micros(syntax, call.constant(0, syntax)?)?;
        let (mode, ts) = match has_mode(&call.types) {
            true => (parse_mode(syntax, call.constant(1, syntax)?)?, 2),
            false => (Mode::default(), 1),
        };
        Ok((Self { steps: call.types.len() - ts - 1, window, mode }, ts))
    }
}

fn has_mode(given: &[DataType]) -> bool {
    given.get(1).is_some_and(|second| {
        Argument::Text.coerce("", "", second).is_ok_and(|_| !second.is_null())
    })
}

pub(super) fn coerce(syntax: &'static str, given: &[DataType]) -> Result<Vec<DataType>> {
    let required: &[Argument] = match has_mode(given) {
        true => &[Argument::Span, Argument::Text, Argument::Instant, Argument::Condition],
        false => &[Argument::Span, Argument::Instant, Argument::Condition],
    };
    Parameters::with_conditions(syntax, required).coerce(given)
}

fn parse_mode(syntax: &str, value: &ScalarValue) -> Result<Mode> {
    const MODES: [&str; 5] =
        ["strict_deduplication", "strict_order", "strict_increase", "strict_once", "allow_reentry"];
    let Some(text) = value.try_as_str().flatten() else {
        return plan_err!("the mode of `{syntax}` must not be null");
    };
    let mut mode = Mode::default();
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        match word {
            "strict_deduplication" => mode.strict_deduplication = true,
            "strict_order" => mode.strict_order = true,
            "strict_increase" => mode.strict_increase = true,
            "strict_once" => mode.strict_once = true,
            "allow_reentry" => mode.allow_reentry = true,
            _ => {
                return match nearest(word, &MODES) {
                    Some(name) => plan_err!("unknown mode `{word}`; did you mean `{name}`?"),
                    None => plan_err!("unknown mode `{word}`; valid are {}", MODES.join(", ")),
                };
            }
        }
    }
    if mode.allow_reentry && !mode.strict_order {
        return plan_err!("mode allow_reentry has a meaning only beside strict_order");
    }
    Ok(mode)
}

#[derive(Clone)]
struct Depth(Funnel);

impl Reading for Depth {
    type Results = Vec<i64>;

    fn looks_at(&self, met: u32) -> bool {
        self.0.mode.looks_at(met)
    }

    fn read(&self, events: &[Event], results: &mut Vec<i64>) -> Result<()> {
        results.push(deepest_step(events, self.0.steps, self.0.window, self.0.mode) as i64);
        Ok(())
    }

    fn finish(&self, results: Vec<i64>) -> Result<ArrayRef> {
        Ok(Arc::new(Int64Array::from(results)))
    }
}
