/*!
`${NAME}` and `${NAME:-default}` inside scalars.

Runs on the parsed tree, so that a variable can never add a key or a quote. Keys are left alone.
*/

use crate::error::{Diagnostic, Diagnostics, codes};

use super::{
    lines::Lines,
    tree::{Node, Value},
};

pub(super) fn expand(
    node: &mut Node,
    variables: &dyn Fn(&str) -> Option<String>,
    lines: &Lines,
    found: &mut Diagnostics,
) {
    match &mut node.value {
        Value::Sequence(items) => {
            items.iter_mut().for_each(|item| expand(item, variables, lines, found));
        }
        Value::Mapping(entries) => {
            entries.iter_mut().for_each(|entry| expand(&mut entry.node, variables, lines, found));
        }
        Value::Scalar(scalar) if scalar.text.contains("${") => {
            match expanded(&scalar.text, variables) {
                Ok(text) => {
                    scalar.text = text.into();
                    scalar.expanded = true;
                }
                Err(fault) => {
                    found.push(fault.at(lines.locate(node.span.clone())));
                    node.value = Value::Broken;
                }
            }
        }
        Value::Scalar(_) | Value::Broken => {}
    }
}

fn expanded(text: &str, variables: &dyn Fn(&str) -> Option<String>) -> Result<String, Diagnostic> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            result.push_str(before);
            result.push_str("${");
            rest = &from[2..];
            continue;
        }
        result.push_str(before);
        let Some(end) = from.find('}') else {
            return Err(Diagnostic::error(codes::INVALID_VALUE, "`${` is never closed")
                .hint("write `$${` for the characters themselves"));
        };
        result.push_str(&variable(&from[2..end], variables)?);
        rest = &from[end + 1..];
    }
    result.push_str(rest);
    Ok(result)
}

/// The value of `NAME` or `NAME:-default`; an empty variable counts as unset, as in a shell.
fn variable(
    reference: &str,
    variables: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Diagnostic> {
    let (name, default) = match reference.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (reference, None),
    };
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        let message = format!("`{name}` is no name of a variable");
        return Err(Diagnostic::error(codes::INVALID_VALUE, message)
            .hint("write `${NAME}` or `${NAME:-default}`"));
    }
    match (variables(name), default) {
        (Some(value), _) if !value.is_empty() || default.is_none() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        _ => Err(Diagnostic::error(codes::UNSET_VARIABLE, format!("variable `{name}` is not set"))
            .hint(format!("set it, or write `${{{name}:-default}}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_expand_within_text() {
        let variables = |name: &str| match name {
            "BUCKET" => Some("acme".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        for (text, result) in [
            ("s3://${BUCKET}/x-${BUCKET}", "s3://acme/x-acme"),
            ("${ABSENT:-a b}", "a b"),
            ("${EMPTY:-full}", "full"),
            ("[${EMPTY}]", "[]"),
            ("${ABSENT:-}", ""),
            ("$${BUCKET} costs $5", "${BUCKET} costs $5"),
        ] {
            assert_eq!(expanded(text, &variables).unwrap(), result);
        }
        for (text, part) in [
            ("${ABSENT}", "`ABSENT` is not set"),
            ("${BUCKET", "never closed"),
            ("${A B}", "no name of a variable"),
        ] {
            let message = expanded(text, &variables).unwrap_err().message;
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
