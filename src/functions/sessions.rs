/*!
`sessions(rules, ts [, campaign [, zone]])`: the visits of each group.

The grouped form of `sessionize`: what it saves is the sort of all rows by visitor and time and the
second grouping by session, because events are sorted within their visitor when the group is read.
*/

use std::sync::Arc;

use chrono_tz::Tz;
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
    aggregate::{Aggregate, Call, Groups, empty_list},
    argument::{Argument, Parameters, span_micros},
    local_date::{local_day, parse_zone},
    store::{
        list::{Offsets, instant_type, instants, list_of, struct_of, structs},
        marked::{self, MarkedEvents},
        texts::Texts,
        valued::{self, Number, Valued, ValuedEvents},
    },
};
use crate::{
    error::nearest,
    models::{
        event::Event,
        sessions::{Hit, Rate, Rules, sessions},
    },
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
                    visit. Rows with a null ts are ignored; an empty list where none is left. Events \
                    of one instant come in the order of their campaigns.",
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
        groups,
    }
    .into()
}

fn coerce(given: &[DataType]) -> Result<Vec<DataType>> {
    let is_text = given
        .first()
        .is_some_and(|rules| !rules.is_null() && Argument::Text.coerce("", "", rules).is_ok());
    let required: &[Argument] = match is_text {
        true => &[Argument::Text, Argument::Instant],
        false => &[Argument::Span, Argument::Instant],
    };
    let optional = &[Argument::Text, Argument::Text];
    Parameters { syntax: FUNCTION.doc.syntax, required, optional, rest: None }.coerce(given)
}

fn groups(call: &Call) -> Result<Box<dyn Groups>> {
    let rules = parse_rules(call.constant(0, FUNCTION.doc.syntax)?)?;
    if rules.campaign_change && call.types.len() <= CAMPAIGN {
        return plan_err!("campaign_change needs the campaign in `{}`", FUNCTION.doc.syntax);
    }
    let zone = match call.types.len() > ZONE {
        true => call.constant(ZONE, FUNCTION.doc.syntax)?.try_as_str().flatten(),
        false => None,
    };
    let zone = match (rules.midnight, zone) {
        (true, Some(name)) => Some(parse_zone(name)?),
        (true, None) => return plan_err!("midnight needs the zone in `{}`", FUNCTION.doc.syntax),
        (false, _) => None,
    };
    let cutter = Cutter { rules, zone };
    Ok(match call.types.len() > CAMPAIGN {
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

fn parse_rules(value: &ScalarValue) -> Result<Rules> {
    const WORDS: [&str; 11] = [
        "ga4",
        "ua",
        "matomo",
        "adobe",
        "posthog",
        "midnight",
        "campaign_change",
        "gap",
        "max_seconds",
        "max_events",
        "max_rate",
    ];
    let Some(text) = value.try_as_str().flatten() else {
        return Ok(Rules::of_silence(span_micros(FUNCTION.doc.syntax, value)?));
    };
    let mut rules: Option<Rules> = None;
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let (name, number) = match word.split_once('=') {
            Some((name, number)) => (name.trim(), Some(number.trim())),
            None => (word, None),
        };
        let preset = match (name, number) {
            ("ga4", None) => Some(Rules::GA4),
            ("ua", None) => Some(Rules::UNIVERSAL_ANALYTICS),
            ("matomo", None) => Some(Rules::MATOMO),
            ("adobe", None) => Some(Rules::ADOBE),
            ("posthog", None) => Some(Rules::POSTHOG),
            _ => None,
        };
        match (preset, &mut rules) {
            (Some(preset), None) => rules = Some(preset),
            (Some(_), Some(_)) => {
                return plan_err!("the preset `{name}` must be the first word of the rules");
            }
            (None, rules) => {
                let rules = rules.get_or_insert(Rules::GA4);
                match (name, number) {
                    ("midnight", None) => rules.midnight = true,
                    ("campaign_change", None) => rules.campaign_change = true,
                    ("gap", Some(number)) => rules.gap = seconds(word, number)?,
                    ("max_seconds", Some(number)) => {
                        rules.max_duration = Some(seconds(word, number)?);
                    }
                    ("max_events", Some(number)) => rules.max_events = Some(count(word, number)?),
                    ("max_rate", Some(number)) => {
                        let Some((events, within)) = number.split_once('/') else {
                            return plan_err!("`{word}` must read like max_rate=100/100");
                        };
                        let (events, within) = (count(word, events)?, seconds(word, within)?);
                        rules.max_rate = Some(Rate { events, within });
                    }
                    _ => {
                        return match nearest(name, &WORDS) {
                            Some(name) => {
                                plan_err!("unknown rule `{word}`; did you mean `{name}`?")
                            }
                            None => {
                                plan_err!("unknown rule `{word}`; valid are {}", WORDS.join(", "))
                            }
                        };
                    }
                }
            }
        }
    }
    match rules {
        Some(rules) => Ok(rules),
        None => plan_err!("the rules of `{}` are empty", FUNCTION.doc.syntax),
    }
}

fn seconds(rule: &str, number: &str) -> Result<i64> {
    match number.parse::<u32>() {
        Ok(seconds) => Ok(i64::from(seconds) * 1_000_000),
        Err(_) => plan_err!("`{rule}` needs a number of whole seconds"),
    }
}

fn count(rule: &str, number: &str) -> Result<usize> {
    match number.parse::<u32>() {
        Ok(count) if count > 0 => Ok(count as usize),
        _ => plan_err!("`{rule}` needs a number of events from 1"),
    }
}

#[derive(Clone)]
struct Cutter {
    rules: Rules,
    /// Where midnight is looked for.
    zone: Option<Tz>,
}

impl Cutter {
    fn hit(&self, at: i64, campaign: Option<u32>) -> Result<Hit> {
        let day = match self.zone {
            Some(zone) => local_day(at, zone)?,
            None => 0,
        };
        Ok(Hit { at, day, campaign })
    }

    fn cut(&self, hits: &[Hit], results: &mut Results) -> Result<()> {
        for (number, session) in sessions(hits, &self.rules).enumerate() {
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
        let hits = events.iter().map(|event| self.hit(event.at, None));
        self.cut(&hits.collect::<Result<Vec<Hit>>>()?, results)
    }

    fn finish(&self, results: Results) -> Result<ArrayRef> {
        Ok(results.finish())
    }
}

impl valued::Reading for Cutter {
    type Results = Results;

    fn read(&self, events: &[Valued], _texts: &Texts, results: &mut Results) -> Result<()> {
        let hits = events
            .iter()
            .map(|event| self.hit(event.at, (event.text != Texts::NONE).then_some(event.text)));
        self.cut(&hits.collect::<Result<Vec<Hit>>>()?, results)
    }

    fn finish(&self, results: Results) -> Result<ArrayRef> {
        Ok(results.finish())
    }
}
