/*!
`period_start(ts_or_date, unit [, zone])`: the first day of the local day, week, month, quarter or year.
*/

use std::sync::Arc;

use chrono::{Datelike, Days, Months, NaiveDate};
use datafusion::{
    arrow::{
        array::{ArrayRef, Date32Array},
        datatypes::{DataType, Date32Type},
    },
    common::{DataFusionError, exec_datafusion_err, exec_err},
    error::Result,
    logical_expr::ScalarUDF,
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Parameters},
    local_date::LocalDays,
    scalar::Scalar,
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "period_start",
        syntax: "period_start(ts_or_date, unit [, zone])",
        summary: "First date of the period that a time stamp or date lies in.",
        semantics: "`unit` is 'day', 'week' (ISO, from Monday), 'month', 'quarter' or 'year'. A time \
                    stamp is first brought to its local date in `zone` (UTC without one); a date \
                    takes no zone. Null where any argument is null, an error for an unknown unit or \
                    zone.",
        complexity: "O(1) a row, no state.",
        example: "select period_start(ordered_at, 'month', $timezone) as month_start_date from core.orders",
        source: "ISO 8601 weeks; IANA time zone database.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters {
            optional: &[Argument::Text],
            ..Parameters::new(FUNCTION.doc.syntax, &[Argument::Calendar, Argument::Text])
        },
        returns: DataType::Date32,
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let mut days = LocalDays::new(arguments, 0, 2, FUNCTION.doc)?;
    let units = arguments.text(1)?;
    let mut starts = Date32Array::builder(arguments.rows);
    for row in 0..arguments.rows {
        let start = match (days.at(row)?, units.at(row)) {
            (Some(day), Some(unit)) => Some(Unit::parse(unit)?.start(day)?),
            _ => None,
        };
        starts.append_option(start);
    }
    Ok(Arc::new(starts.finish()))
}

/// A period of the calendar.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    pub(super) fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => {
                return exec_err!(
                    "unknown unit `{text}`, valid are 'day', 'week', 'month', 'quarter', 'year'"
                );
            }
        })
    }

    /// The first day of the period that a day lies in.
    pub(super) fn start(self, day: i32) -> Result<i32> {
        let date = date(day)?;
        let since_monday = Days::new(u64::from(date.weekday().num_days_from_monday()));
        let start = match self {
            Self::Day => Some(date),
            Self::Week => date.checked_sub_days(since_monday),
            Self::Month => date.with_day(1),
            Self::Quarter => NaiveDate::from_ymd_opt(date.year(), date.month0() / 3 * 3 + 1, 1),
            Self::Year => NaiveDate::from_ymd_opt(date.year(), 1, 1),
        };
        start.map(Date32Type::from_naive_date).ok_or_else(|| out_of_range(day))
    }

    /// The first day of the period after the one that begins on a day.
    pub(super) fn following(self, start: i32) -> Result<i32> {
        let date = date(start)?;
        let following = match self {
            Self::Day => date.checked_add_days(Days::new(1)),
            Self::Week => date.checked_add_days(Days::new(7)),
            Self::Month => date.checked_add_months(Months::new(1)),
            Self::Quarter => date.checked_add_months(Months::new(3)),
            Self::Year => date.checked_add_months(Months::new(12)),
        };
        following.map(Date32Type::from_naive_date).ok_or_else(|| out_of_range(start))
    }
}

fn date(day: i32) -> Result<NaiveDate> {
    Date32Type::to_naive_date_opt(day).ok_or_else(|| out_of_range(day))
}

fn out_of_range(day: i32) -> DataFusionError {
    exec_datafusion_err!("date of {day} days is out of range")
}
