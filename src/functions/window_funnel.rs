/*!
`window_funnel(window, [mode,] ts, cond1, …)`: how far each visitor came in a funnel.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, UInt32Array},
        buffer::NullBuffer,
        datatypes::{DataType, Int64Type, TimestampMicrosecondType, UInt32Type},
    },
    common::plan_err,
    error::Result,
    logical_expr::{AggregateUDF, EmitTo, GroupsAccumulator},
    scalar::ScalarValue,
};

use super::{
    Build, Function, FunctionDoc,
    aggregate::{Aggregate, Call, Groups},
    argument::{Argument, Parameters, span_micros},
    filter::kept,
    store::{
        Record, Store,
        list::{list_of, lists, offset, one_each},
    },
};
use crate::{
    error::nearest,
    models::funnel::{Event, MAX_STEPS, Mode, deepest_step},
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
        coerce,
        returns: DataType::Int64,
        empty: ScalarValue::Int64(Some(0)),
        state: |_| vec![list_of(DataType::Int64), list_of(DataType::UInt32)],
        groups,
    }
    .into()
}

fn has_mode(given: &[DataType]) -> bool {
    given.get(1).is_some_and(|second| {
        Argument::Text.coerce("", "", second).is_ok_and(|_| !second.is_null())
    })
}

fn coerce(given: &[DataType]) -> Result<Vec<DataType>> {
    let required: &[Argument] = match has_mode(given) {
        true => &[Argument::Span, Argument::Text, Argument::Instant, Argument::Condition],
        false => &[Argument::Span, Argument::Instant, Argument::Condition],
    };
    if given.len() - required.len().min(given.len()) >= MAX_STEPS {
        return plan_err!("`{}` takes at most {MAX_STEPS} conditions", FUNCTION.doc.syntax);
    }
    let rest = Some(Argument::Condition);
    Parameters { syntax: FUNCTION.doc.syntax, required, optional: &[], rest }.coerce(given)
}

fn groups(call: &Call) -> Result<Box<dyn Groups>> {
    let window = span_micros(FUNCTION.doc.syntax, call.constant(0, FUNCTION.doc.syntax)?)?;
    let (mode, ts) = match has_mode(&call.types) {
        true => (parse_mode(call.constant(1, FUNCTION.doc.syntax)?)?, 2),
        false => (Mode::default(), 1),
    };
    let steps = call.types.len() - ts - 1;
    Ok(Box::new(Funnels { store: Store::default(), window, mode, ts, steps }))
}

fn parse_mode(value: &ScalarValue) -> Result<Mode> {
    const MODES: [&str; 5] =
        ["strict_deduplication", "strict_order", "strict_increase", "strict_once", "allow_reentry"];
    let Some(text) = value.try_as_str().flatten() else {
        return plan_err!("the mode of `{}` must not be null", FUNCTION.doc.syntax);
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

/// An event as it is stored: 16 bytes.
#[derive(Debug, Clone, Copy)]
struct Stored {
    at: i64,
    steps: u32,
    slot: u32,
}

impl Record for Stored {
    fn slot(&self) -> u32 {
        self.slot
    }
}

#[derive(Clone)]
struct Funnels {
    store: Store<Stored>,
    window: i64,
    mode: Mode,
    /// Position of the time stamp among the arguments; the conditions follow.
    ts: usize,
    steps: usize,
}

impl Funnels {
    /// The steps that each row meets, and the rows that matter.
    fn steps(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> (Vec<u32>, Option<NullBuffer>) {
        let mut steps = vec![0; values[self.ts].len()];
        for (step, condition) in values[self.ts + 1..].iter().enumerate() {
            let condition = condition.as_boolean();
            let met = match condition.nulls() {
                Some(nulls) => condition.values() & nulls.inner(),
                None => condition.values().clone(),
            };
            for row in met.set_indices() {
                steps[row] |= 1 << step;
            }
        }
        (steps, kept(filter, values[self.ts].nulls()))
    }

    /// Whether an event can change the result.
    fn matters(&self, steps: u32) -> bool {
        steps != 0 || self.mode.strict_order
    }
}

impl GroupsAccumulator for Funnels {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.store.resize(total_groups);
        let (steps, kept) = self.steps(values, filter);
        let instants = values[self.ts].as_primitive::<TimestampMicrosecondType>().values();
        for (row, group) in groups.iter().enumerate() {
            let steps = steps[row];
            if self.matters(steps) && kept.as_ref().is_none_or(|kept| kept.is_valid(row)) {
                let at = instants[row];
                self.store.push(*group, |slot| Stored { at, steps, slot });
            }
        }
        Ok(())
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        groups: &[usize],
        total_groups: usize,
    ) -> Result<()> {
        self.store.resize(total_groups);
        let (instants, steps) = (states[0].as_list::<i32>(), states[1].as_list::<i32>());
        let at = instants.values().as_primitive::<Int64Type>().values();
        let met = steps.values().as_primitive::<UInt32Type>().values();
        for (row, group) in groups.iter().enumerate() {
            if instants.is_null(row) {
                continue;
            }
            let from = instants.value_offsets()[row] as usize;
            let to = instants.value_offsets()[row + 1] as usize;
            let other = steps.value_offsets()[row] as usize;
            for event in 0..to - from {
                let (at, steps) = (at[from + event], met[other + event]);
                if self.matters(steps) {
                    self.store.push(*group, |slot| Stored { at, steps, slot });
                }
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut depths = Vec::new();
        let mut events = Vec::new();
        let (steps, window, mode) = (self.steps, self.window, self.mode);
        self.store.take(emit_to, |stored| {
            events.clear();
            events.extend(stored.iter().map(|event| Event { at: event.at, steps: event.steps }));
            if !events.is_sorted() {
                events.sort_unstable();
            }
            depths.push(deepest_step(&events, steps, window, mode) as i64);
            Ok(())
        })?;
        Ok(Arc::new(Int64Array::from(depths)))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (mut instants, mut steps, mut offsets) = (Vec::new(), Vec::new(), vec![0]);
        self.store.take(emit_to, |stored| {
            instants.extend(stored.iter().map(|event| event.at));
            steps.extend(stored.iter().map(|event| event.steps));
            offsets.push(offset(instants.len())?);
            Ok(())
        })?;
        Ok(vec![
            lists(Arc::new(Int64Array::from(instants)), offsets.clone()),
            lists(Arc::new(UInt32Array::from(steps)), offsets),
        ])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let (steps, kept) = self.steps(values, filter);
        let instants = values[self.ts].as_primitive::<TimestampMicrosecondType>();
        let instants = Int64Array::new(instants.values().clone(), None);
        Ok(vec![
            one_each(Arc::new(instants), kept.clone()),
            one_each(Arc::new(UInt32Array::from(steps)), kept),
        ])
    }

    fn size(&self) -> usize {
        self.store.size()
    }
}
