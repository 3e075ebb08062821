/*!
`mrr_monthly(amount, interval, interval_count)`: what a recurring price is worth a month.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, Decimal128Array},
        datatypes::{DataType, Decimal128Type, Int64Type},
    },
    common::{exec_datafusion_err, exec_err},
    error::Result,
    logical_expr::ScalarUDF,
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Parameters},
    scalar::Scalar,
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "mrr_monthly",
        syntax: "mrr_monthly(amount, interval, interval_count)",
        summary: "Monthly recurring revenue of one price, as decimal(18, 4).",
        semantics: "`amount` is charged every `interval_count` intervals: 'day', 'week', 'month', \
                    'quarter' or 'year'. A year is 12 months, a quarter 3, a week 12/52 and a day \
                    12/365 of one. Rounded once, half away from zero. Null where any argument is \
                    null; an unknown interval, a count under 1 or an amount that does not fit is an \
                    error.",
        complexity: "O(1) a row, no state.",
        example: "select mrr_monthly(unit_amount * quantity, interval, interval_count) from core.subscription_terms",
        source: "Stripe Billing and ChartMogul: MRR normalises every plan to a month.",
    },
    build: Build::Scalar(build),
};

const DIGITS: DataType = DataType::Decimal128(18, 4);

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters::new(
            FUNCTION.doc.syntax,
            &[Argument::Exact, Argument::Text, Argument::Integer],
        ),
        returns: DIGITS,
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let amounts = arguments.array(0)?;
    let intervals = arguments.text(1)?;
    let counts = arguments.primitive::<Int64Type>(2)?;
    let scale = match amounts.data_type() {
        DataType::Decimal128(_, scale) => i32::from(*scale),
        _ => 0,
    };
    let mut results = Vec::with_capacity(arguments.rows);
    for row in 0..arguments.rows {
        let interval = intervals.at(row).filter(|_| amounts.is_valid(row) && counts.is_valid(row));
        results.push(match interval {
            Some(interval) => {
                let amount = match amounts.data_type() {
                    DataType::Int64 => i128::from(amounts.as_primitive::<Int64Type>().value(row)),
                    _ => amounts.as_primitive::<Decimal128Type>().value(row),
                };
                Some(monthly(amount, scale, interval, counts.value(row))?)
            }
            None => None,
        });
    }
    Ok(Arc::new(Decimal128Array::from(results).with_data_type(DIGITS)))
}

/// Ten-thousandths of the monthly amount.
fn monthly(amount: i128, scale: i32, interval: &str, count: i64) -> Result<i128> {
    let (above, below) = match interval {
        "day" => (365, 12),
        "week" => (52, 12),
        "month" => (1, 1),
        "quarter" => (1, 3),
        "year" => (1, 12),
        _ => {
            return exec_err!(
                "`{}`: unknown interval `{interval}`, valid are 'day', 'week', 'month', 'quarter', \
                 'year'",
                FUNCTION.doc.syntax
            );
        }
    };
    if count < 1 {
        return exec_err!("`{}`: an interval count of {count}", FUNCTION.doc.syntax);
    }
    let exponent = 4 - scale;
    let (above, below) = match exponent {
        0.. => (above * 10i128.pow(exponent as u32), below),
        _ => (above, below * 10i128.pow(exponent.unsigned_abs())),
    };
    below
        .checked_mul(i128::from(count))
        .and_then(|below| Some(divide(amount.checked_mul(above)?, below)))
        .filter(|result| result.abs() < 10i128.pow(18))
        .ok_or_else(|| {
            exec_datafusion_err!("`{}`: the amount does not fit 18 digits", FUNCTION.doc.syntax)
        })
}

/// The quotient by a positive number, rounded half away from zero.
fn divide(above: i128, below: i128) -> i128 {
    let (quotient, rest) = (above / below, above % below);
    match rest.unsigned_abs() >= below.unsigned_abs() - rest.unsigned_abs() {
        true if rest != 0 => quotient + above.signum(),
        _ => quotient,
    }
}
