/*!
`transition(ts, node [, sequence])`: the moves of each group from one node to the next.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, Float64Array},
        datatypes::DataType,
    },
    error::Result,
    logical_expr::AggregateUDF,
};

use super::{
    Build, Function, FunctionDoc,
    aggregate::{Aggregate, empty_list},
    argument::{Argument, Parameters},
    path_agg::sequence,
    store::{
        list::{Offsets, TextColumn, instant_type, instants, list_of, struct_of, structs},
        texts::Texts,
        valued::{self, Arguments, Reading, Valued, ValuedEvents},
    },
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "transition",
        syntax: "transition(ts, node [, sequence])",
        summary: "The moves from each node of a path to the next, as a list of structs to unnest.",
        semantics: "Fields: from_node, to_node, seconds (from event to event, Float64, one division \
                    of exact microseconds), occurred_at (of the event moved to). The first move comes \
                    from 'path_start', the last goes to 'path_end'; both have null seconds, and the \
                    last the time of the last event. Events of one instant come in the order of \
                    `sequence` (null last), then of their nodes. Rows with a null ts or node are \
                    ignored; an empty list where none is left.",
        complexity: "O(events log events) a group; 24 bytes an event, each different node once.",
        example: "select move['from_node'] as from_node, move['to_node'] as to_node, count(*) from \
                  (select unnest(transition(occurred_at, page_path, event_sequence)) as move from \
                  core.touchpoints group by session_id) group by from_node, to_node",
        source: "Directly-follows graph: van der Aalst, Process Mining, 2016; start and end as in \
                 Retentioneering.",
    },
    build: Build::Aggregate(build),
};

fn fields() -> [(&'static str, DataType); 4] {
    [
        ("from_node", DataType::Utf8),
        ("to_node", DataType::Utf8),
        ("seconds", DataType::Float64),
        ("occurred_at", instant_type()),
    ]
}

fn build() -> AggregateUDF {
    Aggregate {
        name: FUNCTION.doc.name,
        coerce: |given| {
            let parameters = Parameters {
                optional: &[Argument::Integer],
                ..Parameters::new(FUNCTION.doc.syntax, &[Argument::Instant, Argument::Text])
            };
            parameters.coerce(given)
        },
        returns: |_| list_of(struct_of(&fields())),
        empty: empty_list,
        state: valued::state,
        keeps_rows: true,
        groups: |call| {
            let arguments = Arguments::of_text(0, 1, sequence(call, 2));
            Ok(Box::new(ValuedEvents::new(arguments, Moves)))
        },
    }
    .into()
}

#[derive(Clone)]
struct Moves;

#[derive(Default)]
struct Results {
    from: TextColumn,
    to: TextColumn,
    seconds: Vec<Option<f64>>,
    occurred_at: Vec<i64>,
    offsets: Offsets,
}

impl Reading for Moves {
    type Results = Results;

    fn read(&self, events: &[Valued], texts: &Texts, results: &mut Results) -> Result<()> {
        let mut before: Option<&Valued> = None;
        for event in events.iter().map(Some).chain([None]) {
            let Some(at) = event.or(before).map(|event| event.at) else { break };
            let node = |event: Option<&Valued>| event.and_then(|event| texts.text(event.text));
            results.from.push(Some(node(before).unwrap_or("path_start")))?;
            results.to.push(Some(node(event).unwrap_or("path_end")))?;
            let micros = event.zip(before).map(|(event, before)| event.at.abs_diff(before.at));
            results.seconds.push(micros.map(|micros| micros as f64 / 1e6));
            results.occurred_at.push(at);
            before = event;
        }
        results.offsets.end_at(results.occurred_at.len())
    }

    fn finish(&self, results: Results) -> Result<ArrayRef> {
        let columns = vec![
            results.from.finish(),
            results.to.finish(),
            Arc::new(Float64Array::from(results.seconds)),
            instants(results.occurred_at),
        ];
        Ok(results.offsets.lists(structs(&fields(), columns)))
    }
}
