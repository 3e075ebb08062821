/*!
`salesforce_id18(id)`: one spelling for the id of one Salesforce record.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, StringArray},
        datatypes::DataType,
    },
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
        name: "salesforce_id18",
        syntax: "salesforce_id18(id)",
        summary: "The 18 characters of a Salesforce id, from its 15 or 18, null if it is none.",
        semantics: "Reports export 15 characters, where upper and lower case matter; the three that the \
                    API adds say which of them are upper case. From 18 characters the case of the \
                    first 15 is restored, so an id that a spreadsheet changed to one case is whole \
                    again; a suffix that fits no spelling gives null, and so does anything but \
                    letters and digits of these lengths.",
        complexity: "O(1) a row, no state.",
        example: "select salesforce_id18('0015000000Gv7qJ')",
        source: "Salesforce Help 000385585, 15-character and 18-character record ids.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters::new(FUNCTION.doc.syntax, &[Argument::Text]),
        returns: DataType::Utf8,
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let ids = arguments.text(0)?;
    let whole: StringArray =
        (0..arguments.rows).map(|row| ids.at(row).and_then(|id| whole(id.trim()))).collect();
    Ok(Arc::new(whole))
}

/// The characters of a suffix: each is five bits, which of five characters are upper case.
const SUFFIX: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

fn whole(id: &str) -> Option<String> {
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let (body, suffix) = match id.len() {
        15 => (id.to_owned(), None),
        18 => (restored(&id[..15], &id[15..])?, Some(id[15..].to_ascii_uppercase())),
        _ => return None,
    };
    let own: String = body.as_bytes().chunks_exact(5).map(letter).collect();
    suffix.is_none_or(|suffix| suffix == own).then(|| body + &own)
}

fn letter(five: &[u8]) -> char {
    let bits = five.iter().enumerate().filter(|(_, byte)| byte.is_ascii_uppercase());
    SUFFIX[bits.map(|(place, _)| 1 << place).sum::<usize>()].into()
}

/// The 15 characters in the case that a suffix tells.
fn restored(body: &str, suffix: &str) -> Option<String> {
    let mut characters = body.to_ascii_lowercase().into_bytes();
    for (five, letter) in characters.chunks_exact_mut(5).zip(suffix.bytes()) {
        let bits = SUFFIX.iter().position(|known| *known == letter.to_ascii_uppercase())?;
        for (place, byte) in five.iter_mut().enumerate() {
            if bits & (1 << place) != 0 {
                byte.make_ascii_uppercase();
            }
        }
    }
    String::from_utf8(characters).ok()
}
