/*!
`sessions(rules, ts [, campaign [, zone]])`: the visits of each group.

The grouped form of `sessionize`: what it saves is the sort of all rows by visitor and time and the
second grouping by session, because events are sorted within their visitor when the group is read.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, Int64Array},
        datatypes::DataType,
    },
    error::Result,
    logical_expr::AggregateUDF,
};

use super::{
    Build, Function, FunctionDoc,
    aggregate::{Aggregate, Call, Groups, empty_list},
    argument::{Argument, Parameters},
    session_rules::{self, SessionRules},
    store::{
        list::{Offsets, instant_type, instants, list_of, struct_of, structs},
        marked::{self, MarkedEvents},
        texts::Texts,
        valued::{self, Number, Valued, ValuedEvents},
    },
};
use crate::models::{
    event::Event,
    sessions::{Hit, sessions},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "sessions",
        syntax: "sessions(rules, ts [, campaign [, zone]])",
        summary: "The visits of a group, as a list of structs to unnest.",
        semantics: "Fields: session_number (from 1), started_at, ended_at, event_count. `rules` is a \
                    constant: a gap (interval without months, or whole seconds), or a text of words \
                    with commas between. A preset: ga4 (30 minutes of silence), ua and matomo (also \
                    midnight and campaign_change), posthog (also 24 hours), adobe (also 12 hours, \
                    2,500 events and 100 events within 100 seconds). Rules, which are added to the \
                    preset: gap=SECONDS, midnight (the local day in the constant `zone` ends), \
                    campaign_change (an event whose `campaign` is not null and not that of the \
                    visit), max_seconds=N, max_events=N, max_rate=N/SECONDS (after N events within \
                    less than the seconds). A silence or length of exactly the limit does not end a \
                    visit, and events of one instant are never parted; they come in the order of \
                    their campaigns. Rows with a null ts are ignored; an empty list where none is \
                    left.",
        complexity: "O(events log events) a group, linear where they arrive sorted; 16 bytes an \
                     event, 24 with campaign.",
        example: "select visitor_key, visit['started_at'] as started_at, visit['event_count'] as \
                  event_count from (select visitor_key, unnest(sessions('ua', occurred_at, \
                  utm_campaign, $timezone)) as visit from core.events group by visitor_key)",
        source: "Vendors' definitions of a session; Google Analytics 4, Universal Analytics, Matomo, \
                 Adobe Analytics, PostHog.",
    },
    build: Build::Aggregate(build),
};

fn fields() -> [(&'static str, DataType); 4] {
    [
        ("session_number", DataType::Int64),
        ("started_at", instant_type()),
        ("ended_at", instant_type()),
        ("event_count", DataType::Int64),
    ]
}

const TS: usize = 1;
const CAMPAIGN: usize = 2;
const ZONE: usize = 3;

fn build() -> AggregateUDF {
    Aggregate {
        name: FUNCTION.doc.name,
        coerce,
        returns: |_| list_of(struct_of(&fields())),
        empty: empty_list,
        state: |types| match types.len() > CAMPAIGN {
            true => valued::state(types),
            false => marked::state(types),
        },
        keeps_rows: true,
        groups,
    }
    .into()
}

fn coerce(given: &[DataType]) -> Result<Vec<DataType>> {
    let required: &[Argument] = match session_rules::is_text(given.first()) {
        true => &[Argument::Text, Argument::Instant],
        false => &[Argument::Span, Argument::Instant],
    };
    let optional = &[Argument::Text, Argument::Text];
    Parameters { syntax: FUNCTION.doc.syntax, required, optional, rest: None }.coerce(given)
}

fn groups(call: &Call) -> Result<Box<dyn Groups>> {
    let syntax = FUNCTION.doc.syntax;
    let has_campaign = call.types.len() > CAMPAIGN;
    let zone = match call.types.len() > ZONE {
        true => Some(call.constant(ZONE, syntax)?),
        false => None,
    };
    let rules = SessionRules::read(syntax, call.constant(0, syntax)?, has_campaign, zone)?;
    let cutter = Cutter { rules };
    Ok(match has_campaign {
        true => {
            let arguments = valued::Arguments {
                ts: TS,
                text: CAMPAIGN,
                number: Number::Zero,
                keeps_nulls: true,
            };
            Box::new(ValuedEvents::new(arguments, cutter))
        }
        false => Box::new(MarkedEvents::without_conditions(TS, cutter)),
    })
}

#[derive(Clone)]
struct Cutter {
    rules: SessionRules,
}

impl Cutter {
    fn cut(&self, hits: &[Hit], results: &mut Results) -> Result<()> {
        for (number, session) in sessions(hits, &self.rules.rules).enumerate() {
            results.session_number.push(number as i64 + 1);
            results.started_at.push(session[0].at);
            results.ended_at.push(session[session.len() - 1].at);
            results.event_count.push(session.len() as i64);
        }
        results.offsets.end_at(results.started_at.len())
    }
}

#[derive(Default)]
struct Results {
    session_number: Vec<i64>,
    started_at: Vec<i64>,
    ended_at: Vec<i64>,
    event_count: Vec<i64>,
    offsets: Offsets,
}

impl Results {
    fn finish(self) -> ArrayRef {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(self.session_number)),
            instants(self.started_at),
            instants(self.ended_at),
            Arc::new(Int64Array::from(self.event_count)),
        ];
        self.offsets.lists(structs(&fields(), columns))
    }
}

impl marked::Reading for Cutter {
    type Results = Results;

    fn looks_at(&self, _met: u32) -> bool {
        true
    }

    fn read(&self, events: &[Event], results: &mut Results) -> Result<()> {
        let hits = events.iter().map(|event| self.rules.hit(event.at, None));
        self.cut(&hits.collect::<Result<Vec<Hit>>>()?, results)
    }

    fn finish(&self, results: Results) -> Result<ArrayRef> {
        Ok(results.finish())
    }
}

impl valued::Reading for Cutter {
    type Results = Results;

    fn read(&self, events: &[Valued], _texts: &Texts, results: &mut Results) -> Result<()> {
        let hits = events.iter().map(|event| {
            self.rules.hit(event.at, (event.text != Texts::NONE).then_some(event.text))
        });
        self.cut(&hits.collect::<Result<Vec<Hit>>>()?, results)
    }

    fn finish(&self, results: Results) -> Result<ArrayRef> {
        Ok(results.finish())
    }
}
