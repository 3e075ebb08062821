/*!
How files are read, as the keys of a source: format and dialect, as far as they differ from the
defaults.
*/

use serde_json::{Map, Value, json};

use super::{layout::Layout, numbers::STYLES, raw::Raw};
use crate::config::reading::{Csv, Names, RepeatedNames};

/// `style` is the place of the source's signs in [`STYLES`].
pub(crate) fn keys(raw: &Raw, style: usize) -> Map<String, Value> {
    let mut keys = Map::new();
    keys.insert("format".to_owned(), json!(raw.source.format));
    let mut insert = |key: &str, options: Map<String, Value>| {
        if !options.is_empty() {
            keys.insert(key.to_owned(), options.into());
        }
    };
    insert("csv", csv(raw, style));
    match &raw.layout {
        Layout::Document(Some(records)) => {
            insert("json", Map::from_iter([("records".to_owned(), json!(records))]));
        }
        Layout::Log(pattern) => {
            insert("lines", Map::from_iter([("pattern".to_owned(), json!(pattern))]));
        }
        Layout::Sheet => insert("xlsx", xlsx(raw)),
        Layout::Document(None) | Layout::Delimited | Layout::Lines | Layout::Typed(_) => {}
    }
    keys
}

fn csv(raw: &Raw, style: usize) -> Map<String, Value> {
    let mut csv = Map::new();
    let mut set = |key: &str, differs: bool, value: Value| {
        if differs {
            csv.insert(key.to_owned(), value);
        }
    };
    let (plain, found) = (Csv::default(), &raw.source.csv);
    if let Some(dialect) = &raw.dialect {
        let sign = |sign: Option<u8>| {
            json!(sign.map_or(String::new(), |sign| char::from(sign).to_string()))
        };
        let (decimal, thousands) = STYLES[style];
        set(
            "delimiter",
            found.delimiter != plain.delimiter && !dialect.declared,
            sign(Some(found.delimiter)),
        );
        set("quote", found.quote != plain.quote, sign(found.quote));
        set("escape", found.escape != plain.escape, sign(found.escape));
        set("decimal", decimal != '.', json!(decimal.to_string()));
        set("thousands", thousands.is_some(), json!(thousands.map(String::from)));
        heading(found.skip_rows, &found.names, found.repeated_names, &mut set);
    }
    set("encoding", found.encoding != plain.encoding, json!(found.encoding));
    csv
}

/// The keys of a sheet.
pub(crate) fn xlsx(raw: &Raw) -> Map<String, Value> {
    let mut xlsx = Map::new();
    let mut set = |key: &str, differs: bool, value: Value| {
        if differs {
            xlsx.insert(key.to_owned(), value);
        }
    };
    let found = &raw.source.xlsx;
    if let [name] = found.sheets.as_slice() {
        set("sheet", true, json!(name));
    }
    heading(found.skip_rows, &found.names, found.repeated_names, &mut set);
    xlsx
}

/// What stands above the records, which text and sheets say alike.
fn heading(
    skip_rows: u32,
    names: &Names,
    repeated: RepeatedNames,
    set: &mut impl FnMut(&str, bool, Value),
) {
    set("skip_rows", skip_rows != 0, json!(skip_rows));
    set("repeated_names", repeated != RepeatedNames::default(), json!(repeated));
    if let Names::Header { rows, join } = names {
        set("header_rows", *rows != 1, json!(rows));
        set("header_join", join.is_some(), json!(join));
    } else {
        set("header_rows", true, json!(0));
    }
}
