/*!
Scalar functions of two independent shares, each told as successes and trials.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, Float64Array},
        datatypes::{DataType, Float64Type, Int64Type},
    },
    common::exec_err,
    error::Result,
    logical_expr::ScalarUDF,
};

use super::{
    FunctionDoc,
    argument::{Argument, Arguments, Parameters, at},
    scalar::Scalar,
};

/// A function of `k1, n1, k2, n2` and, where it has one, a confidence.
pub(super) fn scalar(
    doc: FunctionDoc,
    optional: &'static [Argument],
    kernel: fn(&Arguments) -> Result<ArrayRef>,
) -> ScalarUDF {
    let parameters =
        Parameters { optional, ..Parameters::new(doc.syntax, &[Argument::Integer; 4]) };
    Scalar { name: doc.name, parameters, returns: DataType::Float64, kernel }.into()
}

/// A number of two sides, successes and trials of each, and a confidence.
type Comparison = fn((u64, u64), (u64, u64), f64) -> Option<f64>;

/// The number of each row, null where there are no trials on a side.
pub(super) fn compare(
    doc: FunctionDoc,
    arguments: &Arguments,
    number: Comparison,
) -> Result<ArrayRef> {
    let counts = (0..4)
        .map(|position| arguments.primitive::<Int64Type>(position))
        .collect::<Result<Vec<_>>>()?;
    let confidences = match arguments.has(4) {
        true => arguments.primitive::<Float64Type>(4)?,
        false => Float64Array::from_value(0.95, arguments.rows),
    };
    let mut numbers = Vec::with_capacity(arguments.rows);
    for row in 0..arguments.rows {
        let [k1, n1, k2, n2] = [0, 1, 2, 3].map(|argument| at(&counts[argument], row));
        let (Some(k1), Some(n1), Some(k2), Some(n2), Some(confidence)) =
            (k1, n1, k2, n2, at(&confidences, row))
        else {
            numbers.push(None);
            continue;
        };
        for (k, n) in [(k1, n1), (k2, n2)] {
            if k < 0 || k > n {
                return exec_err!("`{}` needs 0 <= k <= n, not {k} of {n}", doc.syntax);
            }
        }
        if !(confidence > 0.0 && confidence < 1.0) {
            return exec_err!("`{}` needs 0 < confidence < 1, not {confidence}", doc.syntax);
        }
        let shares = ((k1 as u64, n1 as u64), (k2 as u64, n2 as u64));
        let is_empty = n1 == 0 || n2 == 0;
        numbers.push(if is_empty { None } else { number(shares.0, shares.1, confidence) });
    }
    Ok(Arc::new(Float64Array::from(numbers)))
}
