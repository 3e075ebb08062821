/*!
`normalize_email(text)`: one spelling for one mailbox, null for what is none.
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
        name: "normalize_email",
        syntax: "normalize_email(text)",
        summary: "An e-mail address in lower case and without surrounding blanks, null if it is none.",
        semantics: "Needs one `@` with text before it and a domain with a dot after it, no blanks or \
                    control characters, at most 254 bytes; anything else is null. Dots and `+tags` \
                    stay: only some providers ignore them, and joining two people is worse than \
                    keeping one apart.",
        complexity: "O(length) a row, no state.",
        example: "select normalize_email(' Ann@Example.com ')",
        source: "RFC 5321 4.5.3.1 for the length; local parts in lower case by common practice.",
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
    let texts = arguments.text(0)?;
    let addresses: StringArray =
        (0..arguments.rows).map(|row| texts.at(row).and_then(normalize)).collect();
    Ok(Arc::new(addresses))
}

fn normalize(text: &str) -> Option<String> {
    let address = text.trim().to_lowercase();
    let (local, domain) = address.split_once('@')?;
    let labels_are_filled = domain.split('.').all(|label| !label.is_empty());
    let is_address = !local.is_empty()
        && domain.contains('.')
        && labels_are_filled
        && !domain.contains('@')
        && !address.contains(|c: char| c.is_whitespace() || c.is_control())
        && address.len() <= 254;
    is_address.then_some(address)
}
