/*!
`seconds_between(a, b)`: the time from a to b as Float64 seconds.
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
    argument::{Argument, Arguments, Parameters},
    microseconds_between::differences,
    scalar::Scalar,
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "seconds_between",
        syntax: "seconds_between(a, b)",
        summary: "Seconds from time stamp `a` to time stamp `b`, with fractions.",
        semantics: "Negative where `b` is earlier, null where either is null. One division of an \
                    exact number of microseconds; sum `microseconds_between`, not this.",
        complexity: "O(1) a row, no state.",
        example: "select seconds_between(started_at, ended_at) from core.sessions",
        source: "In place of `b - a`, a Duration that compares wrongly with intervals of days.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters::new(FUNCTION.doc.syntax, &[Argument::Instant, Argument::Instant]),
        returns: DataType::Float64,
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let seconds: Float64Array =
        differences(FUNCTION.doc.syntax, arguments)?.unary(|micros| micros as f64 / 1e6);
    Ok(Arc::new(seconds))
}
