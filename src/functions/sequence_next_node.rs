/*!
`sequence_next_node(direction, base, ts, value, base_condition, cond1, …)`: what came next to a chain
of events.
*/

use std::cmp::Ordering;

use datafusion::{
    arrow::{array::ArrayRef, datatypes::DataType},
    common::plan_err,
    error::Result,
    logical_expr::AggregateUDF,
};

use super::{
    Build, Function, FunctionDoc,
    aggregate::{Aggregate, Call, Groups, null},
    argument::{Argument, Parameters},
    store::{
        list::TextColumn,
        texts::Texts,
        valued::{self, Arguments, Number, Reading, Valued, ValuedEvents},
    },
};
use crate::{
    error::nearest,
    models::next_node::{Base, Direction, Node, next_node},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "sequence_next_node",
        syntax: "sequence_next_node(direction, base, ts, value, base_condition, cond1, …, condn)",
        summary: "Value of the event right after (or before) a chain of events, as text.",
        semantics: "`direction` is 'forward' or 'backward' in time, `base` is where the chain begins: \
                    'head' (the first event; forward only), 'tail' (the last; backward only), \
                    'first_match' or 'last_match' (the first or last event that meets the base \
                    condition and cond1). The base must meet the base condition, and from it on one \
                    event after the other must meet cond1 to condn, without any event between. Null \
                    where that fails or nothing comes next; without cond1, which is needed for the \
                    matches, the value of the base. Rows with a null ts or value are ignored, null \
                    conditions are false, at most 32 conditions with the base's. Events of one \
                    instant come in the order of their values.",
        complexity: "O(events log events) a group; 24 bytes an event, each different value once.",
        example: "select visitor_id, sequence_next_node('forward', 'first_match', occurred_at, \
                  page_path, true, page_path = '/pricing') from core.touchpoints group by visitor_id",
        source: "ClickHouse sequenceNextNode, behaviour of 26.9.",
    },
    build: Build::Aggregate(build),
};

const DIRECTIONS: [(&str, Direction); 2] =
    [("forward", Direction::Forward), ("backward", Direction::Backward)];

const BASES: [(&str, Base); 4] = [
    ("head", Base::Head),
    ("tail", Base::Tail),
    ("first_match", Base::FirstMatch),
    ("last_match", Base::LastMatch),
];

/// Position of the base condition among the arguments; the others follow it.
const BASE_CONDITION: usize = 4;

fn build() -> AggregateUDF {
    Aggregate {
        name: FUNCTION.doc.name,
        coerce,
        returns: |_| DataType::Utf8,
        empty: null,
        state: valued::state,
        keeps_rows: true,
        groups,
    }
    .into()
}

fn coerce(given: &[DataType]) -> Result<Vec<DataType>> {
    let required =
        &[Argument::Text, Argument::Text, Argument::Instant, Argument::Text, Argument::Condition];
    Parameters::with_conditions(FUNCTION.doc.syntax, required).coerce(given)
}

fn groups(call: &Call) -> Result<Box<dyn Groups>> {
    let direction = word(call, 0, "direction", &DIRECTIONS)?;
    let base = word(call, 1, "base", &BASES)?;
    match (direction, base) {
        (Direction::Backward, Base::Head) => {
            return plan_err!("nothing comes before the head; 'backward' needs another base");
        }
        (Direction::Forward, Base::Tail) => {
            return plan_err!("nothing comes after the tail; 'forward' needs another base");
        }
        _ => {}
    }
    let conditions = call.types.len() - BASE_CONDITION - 1;
    if conditions == 0 && matches!(base, Base::FirstMatch | Base::LastMatch) {
        return plan_err!("a match needs cond1 in `{}`", FUNCTION.doc.syntax);
    }
    let marks = Number::Conditions(BASE_CONDITION..call.types.len());
    let arguments = Arguments::of_text(2, 3, marks);
    Ok(Box::new(ValuedEvents::new(arguments, NextNode { direction, base, conditions })))
}

fn word<T: Copy>(call: &Call, position: usize, what: &str, valid: &[(&str, T)]) -> Result<T> {
    let value = call.constant(position, FUNCTION.doc.syntax)?;
    let text = value.try_as_str().flatten().unwrap_or_default();
    if let Some((_, value)) = valid.iter().find(|(name, _)| *name == text) {
        return Ok(*value);
    }
    let names: Vec<&str> = valid.iter().map(|(name, _)| *name).collect();
    match nearest(text, &names) {
        Some(name) => plan_err!("unknown {what} `{text}`; did you mean `{name}`?"),
        None => plan_err!("unknown {what} `{text}`; valid are {}", names.join(", ")),
    }
}

#[derive(Clone)]
struct NextNode {
    direction: Direction,
    base: Base,
    conditions: usize,
}

impl Reading for NextNode {
    type Results = TextColumn;

    fn tie_break(&self, left: &Valued, right: &Valued, texts: &Texts) -> Ordering {
        texts
            .text(left.text)
            .cmp(&texts.text(right.text))
            .then_with(|| left.number.cmp(&right.number))
    }

    fn read(&self, events: &[Valued], texts: &Texts, results: &mut TextColumn) -> Result<()> {
        let nodes: Vec<Node> = events
            .iter()
            .map(|event| Node { is_base: event.number & 1 != 0, met: (event.number >> 1) as u32 })
            .collect();
        let next = next_node(&nodes, self.conditions, self.direction, self.base);
        results.push(next.and_then(|next| texts.text(events[next].text)))
    }

    fn finish(&self, results: TextColumn) -> Result<ArrayRef> {
        Ok(results.finish())
    }
}
