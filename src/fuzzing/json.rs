/*!
JSON: the parser, paths into it, records of lines and of documents.
*/

use std::ops::Range;

use serde_json::Value;

use crate::{
    config::{reading::Format, source::Source},
    sources::{
        DocumentsReader, JsonFault, JsonKind, LinesReader, Tape, Way, cell, compact, line_breaks,
        records,
    },
};

use super::{
    choice,
    reading::{Open, Outcome, Pieces, read, source},
};

/// Two bytes choose the columns and the pieces; the rest is the text.
///
/// What is JSON and what is not agrees with `serde_json`, and so does every value on its path.
/// However a text is cut into pieces, the same records come out, of lines as of documents.
pub fn json(data: &[u8]) {
    let Some((columns, data)) = choice(data) else { return };
    let Some((pieces, text)) = choice(data) else { return };
    if let Ok(text) = std::str::from_utf8(text) {
        agrees_with_serde(text);
    }
    let source = declared(columns);
    let pieces = Pieces::chosen(pieces);
    let lines = both(text, &source, pieces, |buffer, _, source| {
        Ok(Box::new(LinesReader::open(buffer, records(source)?)))
    });
    let documents = both(text, &source, pieces, |buffer, _, source| {
        let path = source.json.records.as_deref();
        Ok(Box::new(DocumentsReader::open(buffer, records(source)?, path)))
    });
    // Lines that are all records are a stream of documents. A lone return ends no line there.
    let returns = line_breaks(text) - text.iter().filter(|byte| **byte == b'\n').count() as i64;
    let is_stream = lines.refused.is_empty() && source.json.records.is_none() && returns == 0;
    if is_stream && lines.error.is_none() && !lines.rows.is_empty() {
        assert_eq!(lines, documents);
    }
}

fn declared(columns: u8) -> Source {
    let mut source = source(
        Format::Ndjson,
        &[
            ("id", "string", "id"),
            ("b", "int64", "a.b"),
            ("x", "decimal(18,2)", "list[0].x"),
            ("page", "string", "params[key=page].value.*"),
            ("odd", "json", "\"odd [name]\""),
            ("list", "list<struct<x: string, y: bool>>", "list"),
            ("at", "timestamp", "list[#]"),
        ],
    );
    if columns & 1 == 1 {
        source.json.explode = Some("list".to_owned());
        source.columns[2].from = vec!["list.x".to_owned()];
    } else {
        source.columns.pop();
    }
    if columns & 2 == 2 {
        source.json.records = Some("result.items".to_owned());
    }
    source
}

fn both(text: &[u8], source: &Source, pieces: Pieces, open: Open) -> Outcome {
    let whole = read(text, source, open, Pieces::ONE);
    let cut = read(text, source, open, pieces);
    assert!(whole.agrees(&cut), "{whole:#?}\n{cut:#?}");
    whole
}

fn agrees_with_serde(text: &str) {
    let mut tape = Tape::default();
    let ours = tape.parse(text, 0, text.len());
    let theirs = serde_json::from_str::<Value>(text);
    match (ours, theirs) {
        (Ok(()), Ok(value)) => {
            let compacted = compacted(text);
            assert_eq!(serde_json::from_str::<Value>(&compacted).ok().as_ref(), Some(&value));
            assert_eq!(compacted, self::compacted(&compacted));
            leads_to(&tape, text, &value, "");
        }
        // Escapes are looked at when their text is wanted; numbers keep their digits, and may be
        // larger than any float; other readers nest less deep.
        (Ok(()), Err(error)) => {
            let forgiven = ["surrogate", "number out of range", "recursion limit", "hex escape"];
            assert!(forgiven.iter().any(|why| error.to_string().contains(why)), "{error}: {text}");
        }
        (Err(JsonFault::TooDeep | JsonFault::TooMany), _) => {}
        (Err(fault), Ok(_)) => panic!("{fault}: {text}"),
        (Err(_), Err(_)) => {}
    }
}

fn compacted(text: &str) -> String {
    let mut out = String::new();
    compact(text, &mut out);
    out
}

/// Every value is found on the path that names it, and reads as it was written.
fn leads_to(tape: &Tape, text: &str, value: &Value, path: &str) {
    if !path.is_empty() {
        let way = Way::new(path).unwrap_or_else(|| panic!("`{path}` is a path"));
        let index =
            way.find(tape, text).unwrap_or_else(|| panic!("`{path}` leads nowhere: {text}"));
        let mut tail = String::new();
        let span = cell(tape, index, text, &mut tail).expect("serde read its escapes");
        let all = [text, &tail].concat();
        let found = span.of(&all);
        match value {
            Value::Null => assert_eq!(found, None),
            Value::String(expected) => assert_eq!(found, Some(expected.as_str())),
            // What is no float is told apart by its digits, which serde does not keep.
            other => {
                let read = found.and_then(|found| serde_json::from_str::<Value>(found).ok());
                assert_eq!(read.as_ref(), Some(other), "{path}");
            }
        }
        let node = tape.node(index);
        let Range { start, end } = node.start as usize..node.end as usize;
        assert!(start <= end && end <= text.len() && text.is_char_boundary(start));
        assert_eq!(matches!(value, Value::Object(_)), node.kind == JsonKind::Object);
    }
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                // No path can name these.
                if !name.contains('"') {
                    let dot = if path.is_empty() { "" } else { "." };
                    leads_to(tape, text, value, &format!("{path}{dot}\"{name}\""));
                }
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                leads_to(tape, text, value, &format!("{path}[{at}]"));
            }
        }
        _ => {}
    }
}
