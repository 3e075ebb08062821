/*!
`url_path(url)`: the path of a page, without host, query and fragment.
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
        name: "url_path",
        syntax: "url_path(url)",
        summary: "Path of a URL: no scheme, host, query or fragment.",
        semantics: "'/' where the URL has a host and no path. A text that begins with '/' is a path \
                    already; one without scheme counts as host and path if its first part has a \
                    dot. Escapes, case and a final '/' stay as they are. Null for null, empty text \
                    and what is no URL.",
        complexity: "O(length) a row, no state.",
        example: "select url_path('https://example.com/pricing?plan=pro#top')",
        source: "RFC 3986 3.",
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
    let paths: StringArray = (0..arguments.rows).map(|row| urls.at(row).and_then(path)).collect();
    Ok(Arc::new(paths))
}

fn path(url: &str) -> Option<&str> {
    let (host, path) = host_and_path(url)?;
    match path.is_empty() {
        true => (!host.is_empty()).then_some("/"),
        false => Some(path),
    }
}

/// The part of a URL that says where it leads, up to the path, and the path; either may be empty.
pub(super) fn host_and_path(url: &str) -> Option<(&str, &str)> {
    let url = url.trim();
    let (before, _) = url.split_once('#').unwrap_or((url, ""));
    let (location, _) = before.split_once('?').unwrap_or((before, ""));
    let (host_and_path, has_host) = match location.split_once("//") {
        Some((scheme, rest)) if is_scheme(scheme) => (rest, true),
        _ => (location, false),
    };
    let (host, path) = match host_and_path.find('/') {
        Some(at) => host_and_path.split_at(at),
        None => (host_and_path, ""),
    };
    (host.is_empty() || has_host || is_host(host)).then_some((host, path))
}

/// Empty, or a scheme with its colon.
fn is_scheme(text: &str) -> bool {
    text.is_empty()
        || text.strip_suffix(':').is_some_and(|scheme| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        })
}

fn is_host(text: &str) -> bool {
    text.contains('.') && !text.contains(|c: char| c.is_whitespace() || c == '@')
}
