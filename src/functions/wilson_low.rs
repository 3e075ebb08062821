/*!
`wilson_low(k, n [, confidence])`: the lower end of what a share may really be.
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
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Parameters, at},
    scalar::Scalar,
};
use crate::models::proportion::wilson;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "wilson_low",
        syntax: "wilson_low(k, n [, confidence])",
        summary: "Lower end of the Wilson interval of a share of `k` out of `n`.",
        semantics: "`confidence` is 0.95 unless given. 0 where k is 0; null where n is 0 or any \
                    argument is null; an error unless 0 <= k <= n and confidence lies within (0, 1).",
        complexity: "O(1) a row, no state.",
        example: "select wilson_low(converted_count, visitor_count) from marts.funnel_steps",
        source: "Wilson 1927; Newcombe 1998, method 3.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    scalar(FUNCTION.doc, |arguments| bounds(FUNCTION.doc, arguments, |(low, _)| low)).into()
}

/// Either end as a scalar function.
pub(super) fn scalar(doc: FunctionDoc, kernel: fn(&Arguments) -> Result<ArrayRef>) -> Scalar {
    Scalar {
        name: doc.name,
        parameters: Parameters {
            optional: &[Argument::Float],
            ..Parameters::new(doc.syntax, &[Argument::Integer, Argument::Integer])
        },
        returns: DataType::Float64,
        kernel,
    }
}

/// One end of the interval of each row.
pub(super) fn bounds(
    doc: FunctionDoc,
    arguments: &Arguments,
    end: fn((f64, f64)) -> f64,
) -> Result<ArrayRef> {
    let successes = arguments.primitive::<Int64Type>(0)?;
    let trials = arguments.primitive::<Int64Type>(1)?;
    let confidences = match arguments.has(2) {
        true => arguments.primitive::<Float64Type>(2)?,
        false => Float64Array::from_value(0.95, arguments.rows),
    };
    let mut ends = Vec::with_capacity(arguments.rows);
    for row in 0..arguments.rows {
        let values = (at(&successes, row), at(&trials, row), at(&confidences, row));
        let (Some(k), Some(n), Some(confidence)) = values else {
            ends.push(None);
            continue;
        };
        if k < 0 || k > n || !(confidence > 0.0 && confidence < 1.0) {
            return exec_err!(
                "`{}` needs 0 <= k <= n and 0 < confidence < 1, not {k}, {n}, {confidence}",
                doc.syntax
            );
        }
        ends.push((n > 0).then(|| end(wilson(k as u64, n as u64, confidence))));
    }
    Ok(Arc::new(Float64Array::from(ends)))
}
