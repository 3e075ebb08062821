/*!
`url_host(url)`: the host of a page, without scheme, port and path.
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
    url_path::host_and_path,
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "url_host",
        syntax: "url_host(url)",
        summary: "Host of a URL in lower case: no scheme, user, port or path.",
        semantics: "A text without scheme counts as host and path if its first part has a dot. 'www.' \
                    stays. Null for null, empty text, a path without host and what is no URL.",
        complexity: "O(length) a row, no state.",
        example: "select url_host('https://www.Example.com:8080/pricing')",
        source: "RFC 3986 3.2.",
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
    let urls = arguments.text(0)?;
    let hosts: StringArray = (0..arguments.rows).map(|row| urls.at(row).and_then(host)).collect();
    Ok(Arc::new(hosts))
}

fn host(url: &str) -> Option<String> {
    let (authority, _) = host_and_path(url)?;
    let (_, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    // The colons of an IPv6 address lie within brackets.
    let end = host.find(']').map_or(0, |bracket| bracket + 1);
    let host = host[end..].find(':').map_or(host, |port| &host[..end + port]);
    (!host.is_empty()).then(|| host.to_lowercase())
}
