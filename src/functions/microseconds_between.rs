/*!
`microseconds_between(a, b)`: the time from a to b as an exact integer.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, Int64Array},
        datatypes::{DataType, TimestampMicrosecondType},
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
        name: "microseconds_between",
        syntax: "microseconds_between(a, b)",
        summary: "Microseconds from time stamp `a` to time stamp `b`, as Int64.",
        semantics: "Negative where `b` is earlier, null where either is null, an error where the \
                    difference exceeds 64 bits. Exact, so it may be summed and averaged with `rate`.",
        complexity: "O(1) a row, no state.",
        example: "select rate(sum(microseconds_between(opened_at, solved_at)), count(*) * 3600000000) \
                  as hours from core.tickets",
        source: "DESIGN: durations are Int64 microseconds until the last projection.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters::new(FUNCTION.doc.syntax, &[Argument::Instant, Argument::Instant]),
        returns: DataType::Int64,
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    Ok(Arc::new(differences(FUNCTION.doc.syntax, arguments)?))
}

/// Microseconds from the first to the second argument.
pub(super) fn differences(syntax: &str, arguments: &Arguments) -> Result<Int64Array> {
    let from = arguments.primitive::<TimestampMicrosecondType>(0)?;
    let to = arguments.primitive::<TimestampMicrosecondType>(1)?;
    let mut micros = Vec::with_capacity(arguments.rows);
    for (from, to) in from.iter().zip(&to) {
        micros.push(match from.zip(to) {
            Some((from, to)) => Some(to.checked_sub(from).ok_or_else(|| {
                exec_datafusion_err!("`{syntax}`: the time stamps are too far apart")
            })?),
            None => None,
        });
    }
    Ok(Int64Array::from(micros))
}
