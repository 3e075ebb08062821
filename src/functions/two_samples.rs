/*!
Scalar functions of two independent samples, each told as its size and two exact sums.

Sums of integers and decimals do not depend on the order of rows, and neither does what is computed
from them: the difference of the means and the variances are taken in 256 bits before anything is
rounded, so that large values do not hide what sets them apart.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, Float64Array},
        datatypes::{DataType, Float64Type, Int64Type, i256},
    },
    common::{exec_datafusion_err, exec_err},
    error::{DataFusionError, Result},
    logical_expr::ScalarUDF,
};

use super::{
    FunctionDoc,
    argument::{Argument, Arguments, Exact, Parameters, at},
    scalar::Scalar,
};
use crate::models::welch::{Comparison, Sample, compare};

const ARGUMENTS: &[Argument] = &[
    Argument::Integer,
    Argument::Exact,
    Argument::Exact,
    Argument::Integer,
    Argument::Exact,
    Argument::Exact,
];

/// A function of `n1, sum1, sum_of_squares1, n2, sum2, sum_of_squares2` and, where it has one, a
/// confidence.
pub(super) fn scalar(
    doc: FunctionDoc,
    optional: &'static [Argument],
    kernel: fn(&Arguments) -> Result<ArrayRef>,
) -> ScalarUDF {
    let parameters = Parameters { optional, ..Parameters::new(doc.syntax, ARGUMENTS) };
    Scalar { name: doc.name, parameters, returns: DataType::Float64, kernel }.into()
}

/// The number of each row, null where there is nothing to compare.
pub(super) fn compared(
    doc: FunctionDoc,
    arguments: &Arguments,
    number: fn(Comparison, f64) -> f64,
) -> Result<ArrayRef> {
    let samples = [Samples::new(doc, arguments, 0)?, Samples::new(doc, arguments, 3)?];
    let confidences = match arguments.has(6) {
        true => arguments.primitive::<Float64Type>(6)?,
        false => Float64Array::from_value(0.95, arguments.rows),
    };
    let mut numbers = Vec::with_capacity(arguments.rows);
    for row in 0..arguments.rows {
        let both = samples[0].at(row)?.zip(samples[1].at(row)?);
        let Some((both, confidence)) = both.zip(at(&confidences, row)) else {
            numbers.push(None);
            continue;
        };
        if !(confidence > 0.0 && confidence < 1.0) {
            return exec_err!("`{}` needs 0 < confidence < 1, not {confidence}", doc.syntax);
        }
        let comparison = compared_exactly(doc, both)?;
        numbers.push(comparison.map(|comparison| number(comparison, confidence)));
    }
    Ok(Arc::new(Float64Array::from(numbers)))
}

/// One side of the comparison, row by row.
struct Samples {
    doc: FunctionDoc,
    sizes: Vec<Option<i64>>,
    sums: Exact,
    squares: Exact,
}

/// One side of one row: the sum counts units of 10^-scale.
#[derive(Clone, Copy)]
struct Sums {
    size: i64,
    sum: i128,
    scale: i32,
    variance: f64,
}

fn compared_exactly(doc: FunctionDoc, (first, second): (Sums, Sums)) -> Result<Option<Comparison>> {
    // n1 n2 times the difference of the means, in units of 10^-scale.
    let scale = first.scale.max(second.scale);
    let part = |own: Sums, other: Sums| {
        scaled(own.sum, scale - own.scale)?.checked_mul(i256::from_i128(other.size.into()))
    };
    let apart = part(first, second)
        .and_then(|minuend| minuend.checked_sub(part(second, first)?))
        .ok_or_else(|| too_large(doc))?;
    let sizes = first.size as f64 * second.size as f64;
    let difference = as_float(apart) / 10f64.powi(scale) / sizes;
    let sample = |sums: Sums| Sample { size: sums.size as u64, variance: sums.variance };
    Ok(compare(difference, sample(first), sample(second)))
}

impl Samples {
    fn new(doc: FunctionDoc, arguments: &Arguments, first: usize) -> Result<Self> {
        Ok(Self {
            doc,
            sizes: arguments.primitive::<Int64Type>(first)?.iter().collect(),
            sums: arguments.exact(first + 1)?,
            squares: arguments.exact(first + 2)?,
        })
    }

    fn at(&self, row: usize) -> Result<Option<Sums>> {
        let (Some(size), Some(sum), Some(squares)) =
            (self.sizes[row], self.sums.values[row], self.squares.values[row])
        else {
            return Ok(None);
        };
        if size < 0 {
            return exec_err!("`{}` got a sample of {size} values", self.doc.syntax);
        }
        let (sum_scale, square_scale) = (self.sums.scale.into(), self.squares.scale.into());
        // n² times the population variance, in units of 10^-scale.
        let scale = i32::max(square_scale, 2 * sum_scale);
        let spread = scaled(sum, 0)
            .and_then(|sum| sum.checked_mul(sum))
            .and_then(|square| square.checked_mul(power(scale - 2 * sum_scale)?))
            .and_then(|square| {
                scaled(squares, scale - square_scale)?
                    .checked_mul(i256::from_i128(size.into()))?
                    .checked_sub(square)
            })
            .ok_or_else(|| too_large(self.doc))?;
        if spread.is_negative() {
            return exec_err!(
                "`{}` got a sum of squares that is too small for its sum",
                self.doc.syntax
            );
        }
        let degrees = size as f64 * (size - 1).max(1) as f64;
        let variance = as_float(spread) / 10f64.powi(scale) / degrees;
        Ok(Some(Sums { size, sum, scale: sum_scale, variance }))
    }
}

fn too_large(doc: FunctionDoc) -> DataFusionError {
    exec_datafusion_err!("`{}`: the sums have too many digits", doc.syntax)
}

fn power(exponent: i32) -> Option<i256> {
    i256::from_i128(10).checked_pow(exponent.try_into().ok()?)
}

fn scaled(value: i128, exponent: i32) -> Option<i256> {
    i256::from_i128(value).checked_mul(power(exponent)?)
}

/// The number, rounded.
fn as_float(value: i256) -> f64 {
    let (low, high) = value.wrapping_abs().to_parts();
    let magnitude = high as f64 * 2f64.powi(128) + low as f64;
    if value.is_negative() { -magnitude } else { magnitude }
}
