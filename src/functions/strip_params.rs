/*!
`strip_params(url, name, …)`: a URL without some of its query parameters.
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
        name: "strip_params",
        syntax: "strip_params(url, name, …)",
        summary: "A URL without the query parameters of the given names.",
        semantics: "A name that ends with '*' stands for all that begin so: 'utm_*'. Names are compared \
                    after decoding, upper and lower case apart. What stays keeps its order and \
                    spelling; a '?' with nothing after it goes, the fragment stays. Null where any \
                    argument is null.",
        complexity: "O(length · names) a row, no state.",
        example: "select strip_params(page_url, 'utm_*', 'gclid', 'fbclid') as page_url from inbound.events",
        source: "WHATWG URL, application/x-www-form-urlencoded.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters {
            rest: Some(Argument::Text),
            ..Parameters::new(FUNCTION.doc.syntax, &[Argument::Text, Argument::Text])
        },
        returns: DataType::Utf8,
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let urls = arguments.text(0)?;
    let names = (1..arguments.values.len())
        .map(|position| arguments.text(position))
        .collect::<Result<Vec<_>>>()?;
    let stripped: StringArray = (0..arguments.rows)
        .map(|row| {
            let names: Option<Vec<&str>> = names.iter().map(|name| name.at(row)).collect();
            Some(strip(urls.at(row)?, &names?))
        })
        .collect();
    Ok(Arc::new(stripped))
}

fn strip(url: &str, names: &[&str]) -> String {
    let (location, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let Some((page, query)) = location.split_once('?') else { return url.to_owned() };
    let is_kept = |parameter: &&str| {
        let Some((key, _)) = form_urlencoded::parse(parameter.as_bytes()).next() else {
            return true;
        };
        !names.iter().any(|name| match name.strip_suffix('*') {
            Some(beginning) => key.starts_with(beginning),
            None => key == *name,
        })
    };
    let kept: Vec<&str> = query.split('&').filter(is_kept).collect();
    let mark = if kept.iter().all(|parameter| parameter.is_empty()) { "" } else { "?" };
    let query = if mark.is_empty() { String::new() } else { kept.join("&") };
    format!("{page}{mark}{query}{fragment}")
}
