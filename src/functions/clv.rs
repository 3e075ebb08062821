/*!
`clv(model, spend, frequency, recency, age, monetary, discount_rate, months, month_length)`: what a
customer is going to be worth.
*/

use std::sync::Arc;

use datafusion::{
    arrow::array::{ArrayRef, Float64Array},
    common::exec_err,
    error::Result,
    logical_expr::ScalarUDF,
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments},
    gamma_gamma_expected_value::expected_value,
    model::{BG_NBD, GAMMA_GAMMA, Kind, MBG_NBD, Models, PARETO_NBD},
    score::{AT_ANY_TIME, Numbers, scalar},
};
use crate::models::value::{
    bg_nbd,
    clv::{Months, clv},
    mbg_nbd, pareto_nbd,
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "clv",
        syntax: "clv(model, spend, frequency, recency, age, monetary, discount_rate, months, month_length)",
        summary: "Customer lifetime value: discounted value of the purchases to expect in the months \
                  to come.",
        semantics: "`model` is a fit of bg_nbd, mbg_nbd or pareto_nbd, `spend` one of gamma_gamma. \
                    The purchases expected within each month, times the expected value of one, \
                    divided by (1 + discount_rate)^k at the end of month k. `discount_rate` is per \
                    month (0.01 is 1 %), `month_length` in the unit of recency and age: 30.4375 for \
                    days, 4.345 for weeks. 0 for 0 months. Null where a model is null or did not \
                    converge, where another argument is null, and where the spend has no finite \
                    mean. What lies in the past does not count. An error unless 0 <= recency <= age, \
                    recency is 0 where frequency is 0, monetary > 0 where it is not, discount_rate > \
                    -1, months >= 0 and month_length > 0.",
        complexity: "O(months × terms of the model's score) a row, no state.",
        example: "select clv(model, spend, frequency, recency_days, age_days, monetary_value, 0.01, \
                  12, 30.4375) from marts.customer_value cross join (select pareto_nbd_fit(frequency, \
                  recency_days, age_days) as model, gamma_gamma_fit(frequency, monetary_value) as \
                  spend from marts.customer_value) as fits",
        source: "Fader, Hardie and Lee, Journal of Marketing Research 42 (2005).",
    },
    build: Build::Scalar(build),
};

const PURCHASES: &[&Kind] = &[BG_NBD, MBG_NBD, PARETO_NBD];

fn build() -> ScalarUDF {
    let wanted = &[
        Argument::Model(PURCHASES),
        Argument::Model(&[GAMMA_GAMMA]),
        Argument::Integer,
        Argument::Float,
        Argument::Float,
        Argument::Float,
        Argument::Float,
        Argument::Integer,
        Argument::Float,
    ];
    scalar(FUNCTION.doc, wanted, kernel)
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let (purchases, spend) = (Models::new(arguments, 0)?, Models::new(arguments, 1)?);
    let (purchases, spend) = (purchases.of::<4>(PURCHASES)?, spend.of::<3>(&[GAMMA_GAMMA])?);
    let numbers = Numbers::from(arguments, 2)?;
    let mut values = Vec::with_capacity(arguments.rows);
    for row in 0..arguments.rows {
        let models = (purchases.at(row)?, spend.at(row)?, numbers.at(row));
        let (Some((kind, purchases)), Some((_, spend)), Some(numbers)) = models else {
            values.push(None);
            continue;
        };
        let [frequency, recency, age, mean, discount_rate, count, length] = numbers;
        let history = AT_ANY_TIME.history(FUNCTION.doc, [frequency, recency, age])?;
        let months = months(discount_rate, count, length)?;
        let value = expected_value(FUNCTION.doc, spend, frequency, mean)?;
        values.push(value.map(|value| match kind {
            kind if kind == PARETO_NBD => {
                clv(&pareto_nbd::model(purchases), value, &history, &months)
            }
            kind if kind == MBG_NBD => clv(&mbg_nbd::model(purchases), value, &history, &months),
            _ => clv(&bg_nbd::model(purchases), value, &history, &months),
        }));
    }
    Ok(Arc::new(Float64Array::from(values)))
}

fn months(discount_rate: f64, count: f64, length: f64) -> Result<Months> {
    let is_rate = discount_rate > -1.0 && discount_rate.is_finite();
    let is_length = length > 0.0 && length.is_finite();
    if is_rate && is_length && (0.0..=MOST_MONTHS).contains(&count) {
        return Ok(Months { count: count as u32, length, discount_rate });
    }
    exec_err!(
        "`clv` got a discount rate of {discount_rate}, {count} months and a month of {length}; it \
         takes a rate above -1, 0 to {MOST_MONTHS} months and a length above 0"
    )
}

/// A century.
const MOST_MONTHS: f64 = 1200.0;
