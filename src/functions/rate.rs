/*!
`rate(a, b)`: a share of exact numbers, null where nothing was counted.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, Float64Array},
        datatypes::DataType,
    },
    error::Result,
    logical_expr::ScalarUDF,
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Exact, Parameters},
    scalar::Scalar,
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "rate",
        syntax: "rate(a, b)",
        summary: "Quotient of two exact numbers as Float64, null where the second is zero.",
        semantics: "Integers and decimals only, in any mix: exact sums are divided once, so the \
                    result does not depend on the order of rows. Null where either is null or `b` \
                    is zero.",
        complexity: "O(1) a row, no state.",
        example: "select rate(count(*) filter (where is_converted), count(*)) from journeys.instances",
        source: "DESIGN: a mean is one division of exact sums.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters::new(FUNCTION.doc.syntax, &[Argument::Exact, Argument::Exact]),
        returns: DataType::Float64,
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let (above, below) = (arguments.exact(0)?, arguments.exact(1)?);
    let scale = above.scale.max(below.scale);
    let mut rates = Vec::with_capacity(arguments.rows);
    for row in 0..arguments.rows {
        let at_scale = |exact: &Exact| exact.at_scale(row, scale, FUNCTION.doc.syntax);
        rates.push(match (at_scale(&above)?, at_scale(&below)?) {
            (Some(above), Some(below)) if below != 0 => Some(above as f64 / below as f64),
            _ => None,
        });
    }
    Ok(Arc::new(Float64Array::from(rates)))
}
