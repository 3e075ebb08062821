/*!
One SQL file becomes one node: header, parameters, syntax tree.
*/

use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::sql::sqlparser::tokenizer::{Location as Place, Span};

use crate::{
    config::{
        params::{AS_OF_DATE, DERIVED, Param, ParamValue},
        source::Source,
    },
    error::{Diagnostic, Diagnostics, codes},
};

use super::{
    carry,
    header::Header,
    library::SqlFile,
    mapping,
    name::{Layer, TableName},
    node::{Kind, Node},
    params::{self, Values},
    sql,
};

/// A file to be read as a table.
pub(super) struct Work<'a> {
    pub name: TableName,
    pub file: SqlFile,
    pub kind: Kind,
    /// The source that a mapping reads.
    pub source: Option<&'a Source>,
}

/// The values that parameters can take.
pub(super) struct Given<'a> {
    /// The pipeline's parameters and the engine's own.
    pub values: &'a Values,
    /// What `default: today` means.
    pub today: NaiveDate,
}

/// The node, with whatever of the file could be understood, and what could not.
pub(super) fn node(work: &Work<'_>, given: &Given<'_>) -> (Node, Vec<Diagnostic>) {
    let SqlFile { file, text, origin } = &work.file;
    let mut found = Diagnostics::default();
    let header = Header::read(file, text, &mut found);
    let mut node = Node {
        layer: Layer::of(&work.name.schema).unwrap_or(Layer::Raw),
        name: work.name.clone(),
        kind: work.kind.clone(),
        origin: *origin,
        file: file.clone(),
        text: Arc::clone(text),
        header,
        query: None,
        inputs: Default::default(),
        params: Values::new(),
    };
    let values = values(&node, work.source, given, &mut found);
    match sql::parse(file, text) {
        Ok(mut query) => {
            if let Some(source) = work.source {
                mapping::redirect(&mut query, &source.name);
                if !source.carry.is_empty() {
                    carry::through(&mut query, &source.carry);
                }
            }
            let bound = params::bind(&mut query, &values);
            node.params = bound.used;
            // A declared parameter without a value was reported at its declaration.
            let is_declared = |name: &str| {
                node.header.params.keys().any(|known| known.eq_ignore_ascii_case(name))
            };
            for (name, span) in bound.unknown.into_iter().filter(|(name, _)| !is_declared(name)) {
                let message = format!("no parameter is called `${name}`");
                let known = values.keys().map(String::as_str);
                found.push(
                    node.error(codes::UNKNOWN_PARAM, span, message).did_you_mean(&name, known),
                );
            }
            node.query = Some(Arc::new(query));
        }
        Err(fault) => found.push(generated_fault(&node, fault)),
    }
    (node, found.finish().unwrap_or_else(|error| error.diagnostics))
}

/// A fault in generated text stands where the YAML is that it was made from.
fn generated_fault(node: &Node, fault: Diagnostic) -> Diagnostic {
    match (&node.kind, &fault.location) {
        (Kind::Generated { .. }, Some(at)) => {
            let at = Place::new(u64::from(at.line), u64::from(at.column));
            let place = node.locate(Span::new(at, at));
            fault.at(place)
        }
        _ => fault,
    }
}

fn values(
    node: &Node,
    source: Option<&Source>,
    given: &Given<'_>,
    found: &mut Diagnostics,
) -> Values {
    let mut values = given.values.clone();
    values.extend(source.map(mapping::values).unwrap_or_default());
    for (name, declared) in &node.header.params {
        let mut fault = |path: &[&str], code, message: String| {
            let place = node.header_place(&[&["params", name], path].concat());
            found.push(Diagnostic::error(code, message).at(place));
        };
        let key = name.to_lowercase();
        if key == AS_OF_DATE || DERIVED.contains(&key.as_str()) {
            fault(
                &[],
                codes::INVALID_VALUE,
                format!("`${name}` is built in and cannot be declared"),
            );
            continue;
        }
        let Some(ty) = declared.param_type.clone() else {
            fault(&[], codes::MISSING_KEY, format!("parameter `{name}` lacks the key `type`"));
            continue;
        };
        match (values.get(&key), &declared.default) {
            // The pipeline's value stands over the file's default.
            (Some(param), _) if param.ty == ty => {}
            (Some(param), _) => {
                let message =
                    format!("parameter `{name}` is declared {ty} here and {} elsewhere", param.ty);
                fault(&["type"], codes::WRONG_TYPE, message);
            }
            (None, Some(text)) => match ParamValue::parse(&ty, &text.0, given.today) {
                Ok(value) => {
                    let description = declared.description.clone();
                    values.insert(key, Param { ty, value, description });
                }
                Err(message) => fault(&["default"], codes::INVALID_VALUE, message),
            },
            (None, None) => {
                let message = format!("parameter `{name}` has no value");
                fault(&[], codes::MISSING_KEY, message);
            }
        }
    }
    values
}
