/*!
`months_between_anchored(from, to)`: complete months between two dates.
*/

use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use datafusion::{
    arrow::{
        array::{ArrayRef, Int64Array},
        datatypes::{DataType, Date32Type},
    },
    common::exec_datafusion_err,
    error::Result,
    logical_expr::ScalarUDF,
};

use super::{
    Build, Function, FunctionDoc,
    add_months_anchored::add_months,
    argument::{Argument, Arguments, Parameters},
    scalar::Scalar,
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "months_between_anchored",
        syntax: "months_between_anchored(from, to)",
        summary: "Complete months from one date to another, as Int64.",
        semantics: "The largest n for which add_months_anchored(from, n) is not after `to`: January \
                    31 to February 28 is one month (in a year without leap day), to February 27 \
                    none. Negative where `to` is earlier, rounded down. Null where either is null.",
        complexity: "O(1) a row, no state.",
        example: "select months_between_anchored(first_paid_date, $as_of_date) as age_months from core.customers",
        source: "Certinia renewal-date rules A and B, inverted.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters::new(FUNCTION.doc.syntax, &[Argument::Date, Argument::Date]),
        returns: DataType::Int64,
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let from = arguments.primitive::<Date32Type>(0)?;
    let to = arguments.primitive::<Date32Type>(1)?;
    let mut months = Vec::with_capacity(arguments.rows);
    for (from, to) in from.iter().zip(&to) {
        months.push(match from.zip(to) {
            Some((from, to)) => Some(between(date(from)?, date(to)?)),
            None => None,
        });
    }
    Ok(Arc::new(Int64Array::from(months)))
}

fn date(days: i32) -> Result<NaiveDate> {
    Date32Type::to_naive_date_opt(days)
        .ok_or_else(|| exec_datafusion_err!("`{}`: date out of range", FUNCTION.doc.syntax))
}

fn between(from: NaiveDate, to: NaiveDate) -> i64 {
    let index = |date: NaiveDate| i64::from(date.year()) * 12 + i64::from(date.month0());
    let months = index(to) - index(from);
    // Within the month of `to`, the anchor day may still lie ahead.
    match add_months(from, months, from.day()) {
        Some(reached) if reached > to => months - 1,
        _ => months,
    }
}
