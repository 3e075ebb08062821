/*!
`rate(a, b)`: a share of exact numbers, null where nothing was counted.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, Float64Array},
        datatypes::{DataType, Decimal128Type, Int64Type},
    },
    common::exec_datafusion_err,
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
    let (above, below) = (exact(arguments, 0)?, exact(arguments, 1)?);
    let scale = above.scale.max(below.scale);
    let (above_factor, below_factor) = (above.factor(scale)?, below.factor(scale)?);
    let mut rates = Vec::with_capacity(arguments.rows);
    for (above, below) in above.values.iter().zip(&below.values) {
        rates.push(match (above, below) {
            (Some(above), Some(below)) if *below != 0 => {
                let above = above.checked_mul(above_factor).ok_or_else(overflow)?;
                let below = below.checked_mul(below_factor).ok_or_else(overflow)?;
                Some(above as f64 / below as f64)
            }
            _ => None,
        });
    }
    Ok(Arc::new(Float64Array::from(rates)))
}

fn overflow() -> datafusion::error::DataFusionError {
    exec_datafusion_err!("`{}`: a decimal has too many digits", FUNCTION.doc.syntax)
}

/// Exact numbers as multiples of 10^-scale.
struct Exact {
    values: Vec<Option<i128>>,
    scale: i8,
}

impl Exact {
    /// What brings the values to a common scale.
    fn factor(&self, scale: i8) -> Result<i128> {
        10i128.checked_pow((scale - self.scale) as u32).ok_or_else(overflow)
    }
}

fn exact(arguments: &Arguments, position: usize) -> Result<Exact> {
    let array = arguments.array(position)?;
    Ok(match array.data_type() {
        DataType::Decimal128(_, scale) => {
            Exact { values: array.as_primitive::<Decimal128Type>().iter().collect(), scale: *scale }
        }
        _ => Exact {
            values: array.as_primitive::<Int64Type>().iter().map(|v| v.map(i128::from)).collect(),
            scale: 0,
        },
    })
}
