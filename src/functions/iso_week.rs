/*!
`iso_week(ts_or_date [, zone])`: the name of a week.
*/

use std::sync::Arc;

use chrono::Datelike;
use datafusion::{
    arrow::{
        array::{ArrayRef, StringArray},
        datatypes::{DataType, Date32Type},
    },
    common::exec_datafusion_err,
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
        name: "iso_week",
        syntax: "iso_week(ts_or_date [, zone])",
        summary: "ISO 8601 week that a time stamp or date lies in, as text like '2026-W01'.",
        semantics: "Weeks begin on Monday; the first one of a year holds its first Thursday, so the \
                    first days of January may lie in the last week of the year before, and the last \
                    of December in the first one of the next. A time stamp is first brought to its \
                    local date in `zone` (UTC without one); a date takes no zone. The texts sort by \
                    time. Null where any argument is null, an error for an unknown zone.",
        complexity: "O(1) a row, no state.",
        example: "select iso_week(ordered_at, $timezone) as week, count(*) from core.orders group by 1",
        source: "ISO 8601-1:2019, 4.3.3.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters {
            optional: &[Argument::Text],
            ..Parameters::new(FUNCTION.doc.syntax, &[Argument::Calendar])
        },
        returns: DataType::Utf8,
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let mut days = LocalDays::new(arguments, 0, 1, FUNCTION.doc)?;
    let weeks: Result<Vec<Option<String>>> =
        (0..arguments.rows).map(|row| days.at(row)?.map(week).transpose()).collect();
    Ok(Arc::new(StringArray::from(weeks?)))
}

fn week(day: i32) -> Result<String> {
    let date = Date32Type::to_naive_date_opt(day)
        .ok_or_else(|| exec_datafusion_err!("date of {day} days is out of range"))?;
    let week = date.iso_week();
    Ok(format!("{:04}-W{:02}", week.year(), week.week()))
}
