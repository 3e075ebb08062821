/*!
`path_transform(list, kind [, argument])`: a path, made simpler.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, ListArray},
        buffer::NullBuffer,
        datatypes::DataType,
    },
    common::exec_err,
    error::Result,
    logical_expr::ScalarUDF,
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Parameters},
    scalar::Scalar,
    store::list::{TextLists, list_of},
};
use crate::{
    error::nearest,
    models::path::{
        exposure_path, first_path, remove_if_last_and_not_all, remove_if_not_all, trim_long_path,
    },
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "path_transform",
        syntax: "path_transform(list, kind [, argument])",
        summary: "A list of texts, made simpler in one of six ways.",
        semantics: "`kind` is 'unique_path' (as it is), 'exposure_path' (equal neighbours become one), \
                    'first_path' (only first occurrences), 'remove_if_not_all' (without the text \
                    `argument`, unless nothing would be left), 'remove_if_last_and_not_all' (without \
                    it at the end, unless nothing would be left) or 'trim_long_path' (the last \
                    `argument` texts, all for 0). Elements may be null and equal each other. Null \
                    where list, kind or a needed argument is null.",
        complexity: "O(length) a row, no state.",
        example: "select path_transform(path_agg(started_at, utm_source), 'remove_if_last_and_not_all', \
                  'Unassigned') from core.sessions group by customer_key",
        source: "fractribution (Google, Apache-2.0); Snowplow attribution.",
    },
    build: Build::Scalar(build),
};

const KINDS: [&str; 6] = [
    "unique_path",
    "exposure_path",
    "first_path",
    "remove_if_not_all",
    "remove_if_last_and_not_all",
    "trim_long_path",
];

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters {
            optional: &[Argument::TextOrInteger],
            ..Parameters::new(FUNCTION.doc.syntax, &[Argument::Texts, Argument::Text])
        },
        returns: list_of(DataType::Utf8),
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let paths = arguments.array(0)?;
    let paths = paths.as_list::<i32>();
    let kinds = arguments.text(1)?;
    let argument = match arguments.has(2) {
        true => Some(arguments.text(2)?),
        false => None,
    };
    let mut results = TextLists::default();
    let mut valid = Vec::with_capacity(arguments.rows);
    for row in 0..arguments.rows {
        let mut is_valid = false;
        if let Some(kind) = kinds.at(row)
            && paths.is_valid(row)
        {
            let path = paths.value(row);
            let path: Vec<Option<&str>> = path.as_string::<i32>().iter().collect();
            let argument = argument.as_ref().map(|argument| argument.at(row));
            if let Some(path) = transform(&path, kind, argument)? {
                results.push(path)?;
                is_valid = true;
            }
        }
        if !is_valid {
            results.push([])?;
        }
        valid.push(is_valid);
    }
    let lists = results.finish();
    let (field, offsets, values, _) = lists.as_list::<i32>().clone().into_parts();
    Ok(Arc::new(ListArray::new(field, offsets, values, Some(NullBuffer::from(valid)))))
}

/// The path, or none where the argument is null.
fn transform<'a>(
    path: &[Option<&'a str>],
    kind: &str,
    argument: Option<Option<&'a str>>,
) -> Result<Option<Vec<Option<&'a str>>>> {
    let needed = || match argument {
        Some(argument) => Ok(argument),
        None => exec_err!("`{}` needs an argument for '{kind}'", FUNCTION.doc.syntax),
    };
    Ok(match kind {
        "unique_path" => Some(path.to_vec()),
        "exposure_path" => Some(exposure_path(path)),
        "first_path" => Some(first_path(path)),
        "remove_if_not_all" => needed()?.map(|removed| remove_if_not_all(path, Some(removed))),
        "remove_if_last_and_not_all" => {
            needed()?.map(|removed| remove_if_last_and_not_all(path, Some(removed)))
        }
        "trim_long_path" => match needed()? {
            None => None,
            Some(length) => match length.parse::<usize>() {
                Ok(length) => Some(trim_long_path(path, length)),
                Err(_) => {
                    return exec_err!("'trim_long_path' needs a length from 0, not `{length}`");
                }
            },
        },
        _ => {
            return match nearest(kind, &KINDS) {
                Some(name) => exec_err!("unknown kind of path `{kind}`; did you mean `{name}`?"),
                None => exec_err!("unknown kind of path `{kind}`; valid are {}", KINDS.join(", ")),
            };
        }
    })
}
