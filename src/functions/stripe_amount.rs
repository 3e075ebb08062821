/*!
`stripe_amount(amount, currency)`: money as Stripe counts it, in units of its currency.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, Decimal128Array},
        datatypes::{DataType, Int64Type},
    },
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
        name: "stripe_amount",
        syntax: "stripe_amount(amount, currency)",
        summary: "Money that Stripe counts in the smallest unit of its currency, in units of it.",
        semantics: "Stripe writes whole numbers: hundredths of most currencies, thousandths of BHD, \
                    JOD, KWD, OMR and TND, units of those without a smaller one, as JPY. It counts \
                    ISK and UGX in hundredths, though they have none. The currency is a three-letter \
                    code in either case; an unknown or missing one counts in hundredths. The \
                    result is a decimal(23,4), which holds every integer exactly; null where the \
                    amount is.",
        complexity: "O(1) a row, no state.",
        example: "select stripe_amount(1999, 'eur')",
        source: "https://docs.stripe.com/currencies, zero-decimal, three-decimal and special cases.",
    },
    build: Build::Scalar(build),
};

/// What Stripe lists as zero-decimal, without the special cases.
const WITHOUT_SMALLER_UNIT: [&str; 15] = [
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
];
const IN_THOUSANDTHS: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];

/// Nineteen digits of an integer, and four below the point.
const PRECISION: u8 = 23;
const SCALE: i8 = 4;

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters::new(FUNCTION.doc.syntax, &[Argument::Integer, Argument::Text]),
        returns: DataType::Decimal128(PRECISION, SCALE),
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let amounts = arguments.primitive::<Int64Type>(0)?;
    let currencies = arguments.text(1)?;
    let money: Decimal128Array = (0..arguments.rows)
        .map(|row| {
            let currency = currencies.at(row).unwrap_or_default();
            at(&amounts, row).map(|amount| i128::from(amount) * ten_thousandths(currency))
        })
        .collect();
    Ok(Arc::new(money.with_precision_and_scale(PRECISION, SCALE)?))
}

/// How many ten-thousandths of the currency Stripe's unit of it is.
fn ten_thousandths(currency: &str) -> i128 {
    let is_one_of = |codes: &[&str]| codes.iter().any(|code| code.eq_ignore_ascii_case(currency));
    if is_one_of(&WITHOUT_SMALLER_UNIT) {
        10_000
    } else if is_one_of(&IN_THOUSANDTHS) {
        10
    } else {
        100
    }
}
