/*!
`lifecycle(ts, unit, zone [, until])`: in which periods a customer was new, stayed, came back or fell
silent.
*/

use std::sync::Arc;

use chrono_tz::Tz;
use datafusion::{
    arrow::{
        array::{ArrayRef, Date32Array},
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
    argument::{Argument, Parameters},
    local_date::{local_day, parse_zone},
    period_start::Unit,
    store::{
        list::{Offsets, TextColumn, list_of, struct_of, structs},
        marked::{self, MarkedEvents, Reading},
    },
};
use crate::models::{event::Event, lifecycle::lifecycle};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "lifecycle",
        syntax: "lifecycle(ts, unit, zone [, until])",
        summary: "The periods in which a group was new, returning, resurrecting or dormant, as a list \
                  of structs to unnest.",
        semantics: "Fields: period_start_date (first local day of the period), status: 'new' (first \
                    activity ever), 'returning' (active in the period before too), 'resurrecting' \
                    (active again after a silence), 'dormant' (the first period of a silence, also of \
                    the last one). `unit` is 'day', 'week', 'month', 'quarter' or 'year', `zone` an \
                    IANA name. Periods that begin after the date `until` are left out. All three are \
                    constants. Rows with a null ts are ignored; an empty list where none is left.",
        complexity: "O(events log events) a group; 16 bytes an event.",
        example: "select state['period_start_date'] as week, state['status'] as status, count(*) from \
                  (select unnest(lifecycle(occurred_at, 'week', $timezone, $as_of_date)) as state from \
                  core.touchpoints group by customer_key) group by week, status",
        source: "PostHog lifecycle; the first activity takes the place of the creation date.",
    },
    build: Build::Aggregate(build),
};

fn fields() -> [(&'static str, DataType); 2] {
    [("period_start_date", DataType::Date32), ("status", DataType::Utf8)]
}

fn build() -> AggregateUDF {
    Aggregate {
        name: FUNCTION.doc.name,
        coerce: |given| {
            let wanted = &[Argument::Instant, Argument::Text, Argument::Text];
            let parameters = Parameters {
                optional: &[Argument::Date],
                ..Parameters::new(FUNCTION.doc.syntax, wanted)
            };
            parameters.coerce(given)
        },
        returns: |_| list_of(struct_of(&fields())),
        empty: empty_list,
        state: marked::state,
        keeps_rows: true,
        groups,
    }
    .into()
}

fn groups(call: &Call) -> Result<Box<dyn Groups>> {
    let syntax = FUNCTION.doc.syntax;
    let text = |position: usize| match call.constant(position, syntax)?.try_as_str().flatten() {
        Some(text) => Ok(text),
        None => plan_err!("argument {} of `{syntax}` must not be null", position + 1),
    };
    let until = match call.types.len() > 3 {
        true => match call.constant(3, syntax)? {
            ScalarValue::Date32(until) => *until,
            other => return plan_err!("until of `{syntax}` must be a date, not {other}"),
        },
        false => None,
    };
    let reading = Periods { unit: Unit::parse(text(1)?)?, zone: parse_zone(text(2)?)?, until };
    Ok(Box::new(MarkedEvents::without_conditions(0, reading)))
}

#[derive(Clone)]
struct Periods {
    unit: Unit,
    zone: Tz,
    until: Option<i32>,
}

#[derive(Default)]
struct Results {
    starts: Vec<i32>,
    status: TextColumn,
    offsets: Offsets,
}

impl Reading for Periods {
    type Results = Results;

    fn looks_at(&self, _met: u32) -> bool {
        true
    }

    fn read(&self, events: &[Event], results: &mut Results) -> Result<()> {
        let mut active = events
            .iter()
            .map(|event| self.unit.start(local_day(event.at, self.zone)?))
            .collect::<Result<Vec<i32>>>()?;
        // Where clocks go back over midnight, days are not in the order of instants.
        active.sort_unstable();
        active.dedup();
        for (start, status) in lifecycle(&active, |start| self.unit.following(start))? {
            if self.until.is_none_or(|until| start <= until) {
                results.starts.push(start);
                results.status.push(Some(status.name()))?;
            }
        }
        results.offsets.end_at(results.starts.len())
    }

    fn finish(&self, results: Results) -> Result<ArrayRef> {
        let columns: Vec<ArrayRef> =
            vec![Arc::new(Date32Array::from(results.starts)), results.status.finish()];
        Ok(results.offsets.lists(structs(&fields(), columns)))
    }
}
