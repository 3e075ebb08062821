/*!
`path_agg(ts, value [, sequence [, collapse [, max]]])`: the path of each group.
*/

use datafusion::{
    arrow::{array::ArrayRef, datatypes::DataType},
    common::plan_err,
    error::Result,
    logical_expr::AggregateUDF,
    scalar::ScalarValue,
};

use super::{
    Build, Function, FunctionDoc,
    aggregate::{Aggregate, Call, Groups, empty_list},
    argument::{Argument, Parameters},
    store::{
        list::{TextLists, list_of},
        texts::Texts,
        valued::{self, Arguments, Number, Reading, Valued, ValuedEvents},
    },
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "path_agg",
        syntax: "path_agg(ts, value [, sequence [, collapse [, max]]])",
        summary: "The texts of a group in order of time, as a list.",
        semantics: "Events of one instant come in the order of `sequence` (a whole number, null \
                    last), then of their texts, so the result does not depend on the order of \
                    rows. With `collapse` (constant, false) equal neighbours become one; `max` \
                    (constant) keeps the first so many of what is left. Rows with a null ts or value \
                    are ignored; an empty list where none is left.",
        complexity: "O(events log events) a group; 24 bytes an event, each different text once.",
        example: "select session_id, path_agg(occurred_at, page_path, event_sequence, true, 20) from \
                  core.touchpoints group by session_id",
        source: "Paths of Retentioneering: collapsed events, truncated paths.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    Aggregate {
        name: FUNCTION.doc.name,
        coerce: |given| {
            let parameters = Parameters {
                optional: &[Argument::Integer, Argument::Condition, Argument::Integer],
                ..Parameters::new(FUNCTION.doc.syntax, &[Argument::Instant, Argument::Text])
            };
            parameters.coerce(given)
        },
        returns: |_| list_of(DataType::Utf8),
        empty: empty_list,
        state: valued::state,
        keeps_rows: true,
        groups,
    }
    .into()
}

fn groups(call: &Call) -> Result<Box<dyn Groups>> {
    let constant = |position: usize| match call.types.len() > position {
        true => call.constant(position, FUNCTION.doc.syntax).map(Some),
        false => Ok(None),
    };
    let collapse = matches!(constant(3)?, Some(ScalarValue::Boolean(Some(true))));
    let max = match constant(4)? {
        None | Some(ScalarValue::Int64(None)) => usize::MAX,
        Some(ScalarValue::Int64(Some(max))) if *max > 0 => *max as usize,
        Some(other) => {
            return plan_err!("`{}` needs max from 1, not {other}", FUNCTION.doc.syntax);
        }
    };
    let arguments = Arguments::of_text(0, 1, sequence(call, 2));
    Ok(Box::new(ValuedEvents::new(arguments, Path { collapse, max })))
}

/// The order among events of one instant that a call may give.
pub(super) fn sequence(call: &Call, position: usize) -> Number {
    match call.types.len() > position {
        true => Number::Argument(position),
        false => Number::Zero,
    }
}

#[derive(Clone)]
struct Path {
    collapse: bool,
    max: usize,
}

impl Reading for Path {
    type Results = TextLists;

    fn read(&self, events: &[Valued], texts: &Texts, results: &mut TextLists) -> Result<()> {
        let mut path: Vec<u32> = events.iter().map(|event| event.text).collect();
        if self.collapse {
            path.dedup();
        }
        path.truncate(self.max);
        results.push(path.into_iter().map(|text| texts.text(text)))
    }

    fn finish(&self, results: TextLists) -> Result<ArrayRef> {
        Ok(results.finish())
    }
}
