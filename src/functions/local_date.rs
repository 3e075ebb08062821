/*!
`local_date(ts, zone)`: the calendar day of an instant where people live.
*/

use std::sync::Arc;

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, Date32Array},
        datatypes::{DataType, Date32Type, TimestampMicrosecondType},
    },
    common::{exec_datafusion_err, exec_err},
    error::Result,
    logical_expr::ScalarUDF,
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Parameters, Text, at},
    scalar::Scalar,
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "local_date",
        syntax: "local_date(ts, zone)",
        summary: "The local calendar date of a time stamp.",
        semantics: "`zone` is an IANA name such as 'Europe/Amsterdam'; daylight saving is honoured, \
                    so a local day may have 23 or 25 hours. Null where either is null, an error for \
                    an unknown zone.",
        complexity: "One search of the zone's transitions a row, no state.",
        example: "select local_date(occurred_at, $timezone) as event_date from core.touchpoints",
        source: "IANA time zone database.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters::new(FUNCTION.doc.syntax, &[Argument::Instant, Argument::Text]),
        returns: DataType::Date32,
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let instants = arguments.primitive::<TimestampMicrosecondType>(0)?;
    let mut zones = Zones::new(arguments.text(1)?);
    let mut dates = Date32Array::builder(arguments.rows);
    for row in 0..arguments.rows {
        let date = match zones.at(row)? {
            Some(zone) if instants.is_valid(row) => Some(local_day(instants.value(row), zone)?),
            _ => None,
        };
        dates.append_option(date);
    }
    Ok(Arc::new(dates.finish()))
}

/// A column of zone names; each name is looked up once in a row of equal ones.
pub(super) struct Zones {
    names: Text,
    last: Option<(String, Tz)>,
}

impl Zones {
    pub(super) fn new(names: Text) -> Self {
        Self { names, last: None }
    }

    pub(super) fn at(&mut self, row: usize) -> Result<Option<Tz>> {
        let Some(name) = self.names.at(row) else { return Ok(None) };
        if let Some((last, zone)) = &self.last
            && last == name
        {
            return Ok(Some(*zone));
        }
        let zone = parse_zone(name)?;
        self.last = Some((name.to_owned(), zone));
        Ok(Some(zone))
    }
}

/// A column of time stamps or dates, and the zone in which a time stamp's day is looked up.
pub(super) struct LocalDays {
    values: ArrayRef,
    zones: Option<Zones>,
}

impl LocalDays {
    /// Of the arguments at these positions; the zone may be left out, and must be for dates.
    pub(super) fn new(
        arguments: &Arguments,
        value: usize,
        zone: usize,
        doc: FunctionDoc,
    ) -> Result<Self> {
        let values = arguments.array(value)?;
        let is_date = values.data_type() == &DataType::Date32;
        if is_date && arguments.has(zone) {
            return exec_err!("`{}`: a date takes no zone", doc.syntax);
        }
        let zones = match arguments.has(zone) {
            true => arguments.text(zone)?,
            false => Text::Constant(Some(Tz::UTC.name().to_owned())),
        };
        Ok(Self { values, zones: (!is_date).then(|| Zones::new(zones)) })
    }

    /// Days since 1970-01-01 of a row's date.
    pub(super) fn at(&mut self, row: usize) -> Result<Option<i32>> {
        let Some(zones) = &mut self.zones else {
            return Ok(at(self.values.as_primitive::<Date32Type>(), row));
        };
        let instant = at(self.values.as_primitive::<TimestampMicrosecondType>(), row);
        match (instant, zones.at(row)?) {
            (Some(instant), Some(zone)) => local_day(instant, zone).map(Some),
            _ => Ok(None),
        }
    }
}

/// The time zone of a name.
pub(super) fn parse_zone(name: &str) -> Result<Tz> {
    if let Ok(zone) = name.parse::<Tz>() {
        return Ok(zone);
    }
    let valid: Vec<&str> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
    match crate::error::nearest(name, &valid) {
        Some(nearest) => exec_err!("unknown time zone `{name}`; did you mean `{nearest}`?"),
        None => exec_err!("unknown time zone `{name}`; write it like `Europe/Amsterdam`"),
    }
}

/// Days since 1970-01-01 of the local date of an instant.
pub(super) fn local_day(micros: i64, zone: Tz) -> Result<i32> {
    let instant = DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| exec_datafusion_err!("time stamp of {micros} µs is out of range"))?;
    let offset = zone.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc();
    Ok((instant.timestamp() + i64::from(offset)).div_euclid(86_400) as i32)
}
