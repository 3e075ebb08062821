/*!
`entity_key(part, ...)`: a stable 128-bit id for a natural key.
*/

use std::{fmt::Write, sync::Arc};

use datafusion::{
    arrow::{
        array::{ArrayRef, StringBuilder},
        datatypes::DataType,
    },
    error::Result,
    logical_expr::ScalarUDF,
};
use sha2::{Digest, Sha256};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Parameters, Text},
    scalar::Scalar,
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "entity_key",
        syntax: "entity_key(part, ...)",
        summary: "Stable 128-bit id of a natural key, as 32 hexadecimal digits.",
        semantics: "The first 128 bits of SHA-256 over each part's length in bytes (64 bits, \
                    little-endian) and its UTF-8 bytes, so ('ab', 'c') and ('a', 'bc') differ. The \
                    same on every machine and in every run. Null where any part is null.",
        complexity: "One SHA-256 a row, no state.",
        example: "select entity_key(source_id, order_number) as order_id from core.orders",
        source: "FIPS 180-4; 128 bits keep the chance of one collision in 10^9 ids under 10^-20.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters {
            rest: Some(Argument::Text),
            ..Parameters::new(FUNCTION.doc.syntax, &[Argument::Text])
        },
        returns: DataType::Utf8,
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let parts: Vec<Text> =
        (0..arguments.values.len()).map(|at| arguments.text(at)).collect::<Result<_>>()?;
    let mut keys = StringBuilder::with_capacity(arguments.rows, arguments.rows * 32);
    let mut row_parts = Vec::with_capacity(parts.len());
    for row in 0..arguments.rows {
        row_parts.clear();
        row_parts.extend(parts.iter().map_while(|part| part.at(row)));
        match row_parts.len() == parts.len() {
            true => keys.append_value(hexadecimal(&digest(&row_parts))),
            false => keys.append_null(),
        }
    }
    Ok(Arc::new(keys.finish()))
}

/// The first 128 bits of SHA-256 over length-prefixed parts.
pub(super) fn digest(parts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let mut key = [0; 16];
    key.copy_from_slice(&hash.finalize()[..16]);
    key
}

pub(super) fn hexadecimal(key: &[u8; 16]) -> String {
    key.iter().fold(String::with_capacity(32), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes any text");
        text
    })
}
