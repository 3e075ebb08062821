/*!
A tree beside a JSON Schema: every unknown key, wrong type, missing key and value outside its enum
or format is reported, and what is sound comes back as JSON.

Knows the part of JSON Schema that `schemars` writes for structs, maps, lists, options and plain
enums. A scalar is read as what the key takes: `12` is text where text belongs.
*/

use std::{
    any::TypeId,
    collections::HashMap,
    ops::Range,
    sync::{Arc, LazyLock},
};

use parking_lot::Mutex;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value as Json};

use crate::{
    config::formats,
    error::{Diagnostic, Diagnostics, codes, nearest},
};

use super::{
    Document, brief,
    tree::{Entry, Node, Scalar, Value},
};

/// The JSON Schema of a type.
#[derive(Debug)]
pub struct Schema(Json);

impl Schema {
    /// Made once per type: a project has a thousand headers.
    pub fn of<T: JsonSchema + 'static>() -> Arc<Self> {
        static MADE: LazyLock<Mutex<HashMap<TypeId, Arc<Schema>>>> = LazyLock::new(Mutex::default);
        let make = || Self(SchemaGenerator::default().into_root_schema_for::<T>().to_value());
        Arc::clone(MADE.lock().entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(make())))
    }

    /// The schema as JSON, for editors.
    pub fn json(&self) -> &Json {
        &self.0
    }

    /// Follows a reference into `$defs`.
    fn resolve<'a>(&'a self, schema: &'a Json) -> &'a Json {
        schema["$ref"]
            .as_str()
            .and_then(|reference| reference.strip_prefix('#'))
            .and_then(|pointer| self.0.pointer(pointer))
            .map_or(schema, |target| self.resolve(target))
    }
}

pub(super) fn check(document: &Document, schema: &Schema, found: &mut Diagnostics) -> Option<Json> {
    let start = document.root.span.start;
    let place = Subject { name: "the document".to_owned(), label: start..start };
    Check { document, schema, found }.node(&document.root, &place, &schema.0)
}

struct Check<'a> {
    document: &'a Document,
    schema: &'a Schema,
    found: &'a mut Diagnostics,
}

/// What a message is about: a key, or an item of one.
struct Subject {
    name: String,
    label: Range<usize>,
}

impl Check<'_> {
    fn node(&mut self, node: &Node, subject: &Subject, schema: &Json) -> Option<Json> {
        let schema = self.schema.resolve(schema);
        let alternatives = alternatives(schema, "anyOf");
        if !alternatives.is_empty() {
            let schema = self.schema;
            let real = alternatives.iter().map(|one| schema.resolve(one));
            let real: Vec<&Json> = real.filter(|one| one["type"] != "null").collect();
            let fitting = real.iter().find(|one| takes(one, kind(node))).or(real.first())?;
            if is_null(node, fitting) && real.len() < alternatives.len() {
                return None;
            }
            return self.node(node, subject, fitting);
        }
        if is_null(node, schema) && takes(schema, "null") {
            // Where anything goes, null is a value; where text goes or nothing, it is nothing.
            return schema["type"].is_null().then_some(Json::Null);
        }
        match &node.value {
            Value::Broken => None,
            Value::Mapping(entries) if takes(schema, "object") => {
                Some(self.mapping(entries, subject, schema))
            }
            Value::Sequence(items) if takes(schema, "array") => {
                self.sequence(items, node, subject, schema)
            }
            Value::Scalar(scalar) => match self.scalar(scalar, subject, schema) {
                Ok(json) => Some(json),
                Err(diagnostic) => self.report(diagnostic, node.span.clone()),
            },
            Value::Mapping(_) => {
                let diagnostic = wrong_type(subject, schema, "a mapping");
                self.report(diagnostic, subject.label.clone())
            }
            Value::Sequence(_) => {
                let diagnostic = wrong_type(subject, schema, "a list");
                self.report(diagnostic, node.span.clone())
            }
        }
    }

    fn mapping(&mut self, entries: &[Entry], subject: &Subject, schema: &Json) -> Json {
        let known = schema["properties"].as_object();
        let others = Some(&schema["additionalProperties"]).filter(|others| others.is_object());
        let key_format = schema["propertyNames"]["format"].as_str();
        let mut json = Map::new();
        let mut mistyped = Vec::new();
        for entry in entries {
            let place = Subject { name: format!("`{}`", entry.key), label: entry.key_span.clone() };
            let property = known.and_then(|known| known.get(&entry.key));
            if property.is_none() && others.is_none() && known.is_some() {
                let (meant, diagnostic) = unknown_key(&entry.key, known);
                mistyped.extend(meant);
                self.report(diagnostic, entry.key_span.clone());
                continue;
            }
            if let Some(Err(diagnostic)) =
                key_format.map(|format| formats::check(format, &entry.key))
            {
                self.report(diagnostic, entry.key_span.clone());
                continue;
            }
            let schema = property.or(others).unwrap_or(&Json::Bool(true));
            if let Some(value) = self.node(&entry.node, &place, schema) {
                json.insert(entry.key.clone(), value);
            }
        }
        if entries.is_empty() && schema["minProperties"].as_u64().is_some_and(|least| least > 0) {
            let message = format!("{} is empty", subject.name);
            let diagnostic = Diagnostic::error(codes::INVALID_VALUE, message);
            self.report(diagnostic, subject.label.clone());
        }
        for missing in schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str)
        {
            if !mistyped.contains(&missing) && !entries.iter().any(|entry| entry.key == missing) {
                let message = format!("{} lacks the key `{missing}`", subject.name);
                let diagnostic = Diagnostic::error(codes::MISSING_KEY, message);
                let diagnostic =
                    match known.and_then(|known| known[missing]["description"].as_str()) {
                        Some(description) => diagnostic.hint(first_sentence(description)),
                        None => diagnostic,
                    };
                self.report(diagnostic, subject.label.clone());
            }
        }
        Json::Object(json)
    }

    fn sequence(
        &mut self,
        items: &[Node],
        node: &Node,
        subject: &Subject,
        schema: &Json,
    ) -> Option<Json> {
        let count = items.len() as u64;
        let least = schema["minItems"].as_u64().unwrap_or(0);
        let most = schema["maxItems"].as_u64().unwrap_or(u64::MAX);
        if count < least || count > most {
            let needed = match count < least {
                _ if least == most => format!("exactly {least}"),
                true => format!("at least {least}"),
                false => format!("at most {most}"),
            };
            let message = format!("{} has {count} items and needs {needed}", subject.name);
            let diagnostic = Diagnostic::error(codes::WRONG_TYPE, message);
            let at = if node.span.is_empty() { &subject.label } else { &node.span };
            return self.report(diagnostic, at.clone());
        }
        let mut json = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let name = format!("item {} of {}", index + 1, subject.name);
            let label = item.span.clone();
            json.extend(self.node(item, &Subject { name, label }, &schema["items"]));
        }
        // Without a broken item the others would change their number, and with it their place.
        (json.len() == items.len()).then_some(Json::Array(json))
    }

    fn scalar(
        &self,
        scalar: &Scalar,
        subject: &Subject,
        schema: &Json,
    ) -> Result<Json, Diagnostic> {
        let text = &*scalar.text;
        let wrong = || hinted(wrong_type(subject, schema, &shown(scalar)), text, schema);
        if let Some(values) = enumeration(schema) {
            if values.contains(&text) {
                return Ok(text.into());
            }
            let message = format!("{} is no value of {}", shown(scalar), subject.name);
            return Err(Diagnostic::error(codes::INVALID_VALUE, message).did_you_mean(text, values));
        }
        if scalar.is_null() && !scalar.expanded {
            // A schema without a type takes any value.
            return if schema["type"].is_null() { Ok(Json::Null) } else { Err(wrong()) };
        }
        let meaningful = scalar.plain || scalar.expanded;
        if schema["type"].is_null() && meaningful {
            // Any value: what can be written in one way only keeps its type, the rest its digits.
            match text.parse::<i64>() {
                Ok(number) if number.to_string() == text => return Ok(number.into()),
                _ if matches!(text, "true" | "false") => return Ok((text == "true").into()),
                _ => {}
            }
        }
        if takes(schema, "string") {
            if let Some(format) = schema["format"].as_str() {
                formats::check(format, text).map_err(|mut fault| {
                    let why = match scalar.expanded {
                        true => "what the environment gives does not fit",
                        false => &fault.message,
                    };
                    fault.message = format!("{}: {why}", subject.name);
                    fault
                })?;
            }
            return Ok(text.into());
        }
        if takes(schema, "boolean") && meaningful && matches!(text, "true" | "false") {
            return Ok((text == "true").into());
        }
        let integer = meaningful.then(|| text.parse::<i64>().ok()).flatten();
        if let Some(number) = integer.filter(|_| takes(schema, "integer")) {
            within(number as f64, subject, schema)?;
            return Ok(number.into());
        }
        let number = meaningful.then(|| text.parse::<f64>().ok()).flatten();
        if let Some(number) = number.filter(|n| n.is_finite() && takes(schema, "number")) {
            within(number, subject, schema)?;
            return Ok(number.into());
        }
        Err(wrong())
    }

    fn report(&mut self, diagnostic: Diagnostic, span: Range<usize>) -> Option<Json> {
        self.found.push(brief(diagnostic).at(self.document.locate(span)));
        None
    }
}

/// Whether a value is absent; where `null` is one of the words of an enum, it is that word.
fn is_null(node: &Node, schema: &Json) -> bool {
    let Value::Scalar(scalar) = &node.value else { return false };
    scalar.is_null() && enumeration(schema).is_none_or(|words| !words.contains(&&*scalar.text))
}

fn kind(node: &Node) -> &'static str {
    match node.value {
        Value::Mapping(_) => "object",
        Value::Sequence(_) => "array",
        Value::Scalar(_) | Value::Broken => "string",
    }
}

/// Whether a schema admits a type; one that names none admits all.
fn takes(schema: &Json, wanted: &str) -> bool {
    match &schema["type"] {
        Json::String(one) => one == wanted,
        Json::Array(several) => several.iter().any(|one| one == wanted),
        _ if schema["oneOf"].is_array() || schema["enum"].is_array() => wanted == "string",
        _ => true,
    }
}

fn alternatives<'a>(schema: &'a Json, keyword: &str) -> &'a [Json] {
    schema[keyword].as_array().map_or(&[], Vec::as_slice)
}

/// The texts of a plain enum, whose variants with a doc comment are written one by one.
fn enumeration(schema: &Json) -> Option<Vec<&str>> {
    let mut values: Vec<&str> =
        alternatives(schema, "enum").iter().filter_map(Json::as_str).collect();
    for variant in alternatives(schema, "oneOf") {
        values.extend(variant["const"].as_str());
        values.extend(alternatives(variant, "enum").iter().filter_map(Json::as_str));
    }
    (!values.is_empty()).then_some(values)
}

fn within(number: f64, subject: &Subject, schema: &Json) -> Result<(), Diagnostic> {
    let limit = |keyword: &str| schema[keyword].as_f64();
    let bound = match (limit("minimum"), limit("maximum")) {
        (Some(least), _) if number < least => format!("at least {least}"),
        (_, Some(most)) if number > most => format!("at most {most}"),
        _ => return Ok(()),
    };
    let message = format!("{} must be {bound}", subject.name);
    Err(Diagnostic::error(codes::INVALID_VALUE, message))
}

/// What is wrong with a key, and which one was probably meant.
fn unknown_key<'a>(
    key: &str,
    known: Option<&'a Map<String, Json>>,
) -> (Option<&'a str>, Diagnostic) {
    let known: Vec<&str> = known.into_iter().flat_map(Map::keys).map(String::as_str).collect();
    let diagnostic = Diagnostic::error(codes::UNKNOWN_KEY, format!("unknown key `{key}`"));
    let diagnostic = match key {
        "<<" => diagnostic.hint("YAML 1.2 has no merge key; repeat the keys"),
        _ => diagnostic.did_you_mean(key, known.iter().copied()),
    };
    (nearest(key, &known), diagnostic)
}

fn wrong_type(subject: &Subject, schema: &Json, actual: &str) -> Diagnostic {
    let expected = [
        ("string", "text"),
        ("boolean", "`true` or `false`"),
        ("integer", "a whole number"),
        ("number", "a number"),
        ("array", "a list"),
        ("object", "a mapping"),
    ];
    let expected: Vec<&str> =
        expected.iter().filter(|(name, _)| takes(schema, name)).map(|(_, words)| *words).collect();
    let message = format!("{} takes {}, not {actual}", subject.name, expected.join(" or "));
    Diagnostic::error(codes::WRONG_TYPE, message)
}

/// What the writer probably meant by a scalar of the wrong type.
fn hinted(diagnostic: Diagnostic, text: &str, schema: &Json) -> Diagnostic {
    if takes(schema, "boolean") && !takes(schema, "string") {
        match text.to_lowercase().as_str() {
            "yes" | "on" | "y" | "true" => return diagnostic.hint("write `true`"),
            "no" | "off" | "n" | "false" => return diagnostic.hint("write `false`"),
            _ => {}
        }
    }
    if takes(schema, "array") && !text.is_empty() && text.len() <= 40 {
        return diagnostic.hint(format!("write `[{text}]`"));
    }
    diagnostic
}

/// A scalar in a message: short, and never one that holds text from the environment.
fn shown(scalar: &Scalar) -> String {
    const LONGEST: usize = 40;
    if scalar.expanded {
        return "the value from the environment".to_owned();
    }
    if scalar.is_null() {
        return "nothing".to_owned();
    }
    match scalar.text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", &scalar.text[..end]),
        None => format!("`{}`", scalar.text),
    }
}

/// The first sentence of a reference text, as a fragment.
fn first_sentence(text: &str) -> String {
    let sentence = text.split(". ").next().unwrap_or(text).trim_end_matches('.');
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
