/*!
`local_day_start(date, zone)`: the instant at which a local day begins.
*/

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, TimestampMicrosecondArray},
        datatypes::{DataType, Date32Type, TimeUnit},
    },
    common::exec_datafusion_err,
    error::Result,
    logical_expr::ScalarUDF,
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Parameters},
    local_date::Zones,
    scalar::Scalar,
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "local_day_start",
        syntax: "local_day_start(date, zone)",
        summary: "The instant at which a local day begins, as a time stamp in UTC.",
        semantics: "`zone` is an IANA name such as 'Europe/Amsterdam'. The day lasts until the next \
                    one begins, 23 or 25 hours where clocks change. Where clocks skip midnight the \
                    day begins right after the gap, where they show it twice at the first time; a \
                    day that was skipped begins and ends with the one after it. Null where either is \
                    null, an error for an unknown zone.",
        complexity: "One search of the zone's transitions a row, no state.",
        example: "select seconds_between(local_day_start(day, $timezone), local_day_start(day + 1, $timezone)) from days",
        source: "IANA time zone database.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters::new(FUNCTION.doc.syntax, &[Argument::Date, Argument::Text]),
        returns: DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let days = arguments.array(0)?;
    let days = days.as_primitive::<Date32Type>();
    let mut zones = Zones::new(arguments.text(1)?);
    let mut starts = TimestampMicrosecondArray::builder(arguments.rows);
    for row in 0..arguments.rows {
        let start =
            match zones.at(row)? {
                Some(zone) if days.is_valid(row) => {
                    let day = days.value(row);
                    let start = Date32Type::to_naive_date_opt(day)
                        .map(|date| day_start(date, zone).timestamp_micros());
                    Some(start.ok_or_else(|| {
                        exec_datafusion_err!("date of {day} days is out of range")
                    })?)
                }
                _ => None,
            };
        starts.append_option(start);
    }
    Ok(Arc::new(starts.finish().with_timezone("UTC")))
}

/// The first instant at which clocks of a zone show a date, or a later one.
pub(crate) fn day_start(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = date.and_time(chrono::NaiveTime::MIN);
    if let Some(instant) = zone.from_local_datetime(&midnight).earliest() {
        return instant.to_utc();
    }
    // No offset reaches 16 hours, so these two lie before and after the gap that holds midnight.
    let around = 16 * 3600;
    let seconds = midnight.and_utc().timestamp();
    let (mut before, mut after) = (seconds - around, seconds + around);
    let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        match at(middle).with_timezone(&zone).date_naive() < date {
            true => before = middle,
            false => after = middle,
        }
    }
    at(after)
}
