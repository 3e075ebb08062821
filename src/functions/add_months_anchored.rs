/*!
`add_months_anchored(date, months [, anchor_day])`: the next term's date, day 31 kept in mind.
*/

use std::sync::Arc;

use chrono::{Datelike, Months, NaiveDate};
use datafusion::{
    arrow::{
        array::{ArrayRef, Date32Array},
        datatypes::{DataType, Date32Type, Int64Type},
    },
    common::{exec_datafusion_err, exec_err},
    error::Result,
    logical_expr::ScalarUDF,
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Parameters, at},
    scalar::Scalar,
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "add_months_anchored",
        syntax: "add_months_anchored(date, months [, anchor_day])",
        summary: "A date some months later, on the anchor day or the month's last day.",
        semantics: "The day of the result is `anchor_day` (that of `date` without one), or the last \
                    day of a month that is too short. With anchor 31, January 31 gives February 28 \
                    and that gives March 31 again; without it, February 28 gives March 28. Months \
                    may be negative. Null where any argument is null; an anchor outside 1–31 is an \
                    error.",
        complexity: "O(1) a row, no state.",
        example: "select add_months_anchored(term_start_date, 12, anchor_day) from core.subscription_terms",
        source: "Certinia renewal-date rules A and B; billing systems keep the anchor day alike.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters {
            optional: &[Argument::Integer],
            ..Parameters::new(FUNCTION.doc.syntax, &[Argument::Date, Argument::Integer])
        },
        returns: DataType::Date32,
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let dates = arguments.primitive::<Date32Type>(0)?;
    let months = arguments.primitive::<Int64Type>(1)?;
    let anchors = arguments.has(2).then(|| arguments.primitive::<Int64Type>(2)).transpose()?;
    let mut results = Date32Array::builder(arguments.rows);
    for row in 0..arguments.rows {
        let anchor = match &anchors {
            None => Some(None),
            Some(anchors) => at(anchors, row).map(Some),
        };
        let result = match (at(&dates, row), at(&months, row), anchor) {
            (Some(date), Some(months), Some(anchor)) => Some(shift(date, months, anchor)?),
            _ => None,
        };
        results.append_option(result);
    }
    Ok(Arc::new(results.finish()))
}

fn shift(date: i32, months: i64, anchor: Option<i64>) -> Result<i32> {
    let out_of_range = || exec_datafusion_err!("`{}`: date out of range", FUNCTION.doc.syntax);
    let date = Date32Type::to_naive_date_opt(date).ok_or_else(out_of_range)?;
    let anchor = match anchor {
        None => date.day(),
        Some(day @ 1..=31) => day as u32,
        Some(day) => {
            return exec_err!("`{}`: anchor day {day} is not within 1–31", FUNCTION.doc.syntax);
        }
    };
    add_months(date, months, anchor).map(Date32Type::from_naive_date).ok_or_else(out_of_range)
}

/// The anchor day of the month that lies `months` after a date's, or that month's last day.
pub(super) fn add_months(date: NaiveDate, months: i64, anchor: u32) -> Option<NaiveDate> {
    let first = date.with_day(1)?;
    let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    let month = match months {
        0.. => first.checked_add_months(count)?,
        _ => first.checked_sub_months(count)?,
    };
    month.with_day(anchor.min(u32::from(month.num_days_in_month())))
}
