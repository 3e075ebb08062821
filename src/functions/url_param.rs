/*!
`url_param(url, name)`: one query parameter, decoded.
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
use url::form_urlencoded;

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Parameters},
    scalar::Scalar,
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "url_param",
        syntax: "url_param(url, name)",
        summary: "Decoded value of a query parameter, null if the URL has none of that name.",
        semantics: "The first one of several; '' for a parameter without value. `%20` and `+` become \
                    blanks, bytes that are no UTF-8 become U+FFFD. Names are compared after decoding, \
                    upper and lower case apart. The fragment is not searched.",
        complexity: "O(length) a row, no state.",
        example: "select url_param('https://example.com/?utm_source=mail', 'utm_source')",
        source: "WHATWG URL, application/x-www-form-urlencoded.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters::new(FUNCTION.doc.syntax, &[Argument::Text, Argument::Text]),
        returns: DataType::Utf8,
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let (urls, names) = (arguments.text(0)?, arguments.text(1)?);
    let values: StringArray = (0..arguments.rows)
        .map(|row| {
            let (url, name) = urls.at(row).zip(names.at(row))?;
            let (before, _) = url.split_once('#').unwrap_or((url, ""));
            let (_, query) = before.split_once('?')?;
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        })
        .collect();
    Ok(Arc::new(values))
}
