/*!
A source that takes everything as text: what the files are looked at through before types are known.
*/

use datafusion::arrow::datatypes::{DataType, TimeUnit};

use super::{
    Workshop,
    dialect::{self, Dialect},
    files::Group,
    layout::{Layout, head},
    profile::Kind,
    read::Declared,
};
use crate::{
    config::{
        drift::MissingColumn,
        reading::{Csv, Format},
        source::{Column, Source},
        types::ColumnType,
    },
    error::{Error, Result, codes},
    sources::{column_names, fields, fold},
};

/// How the files of a group are read before anything is decided.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) source: Source,
    pub(crate) layout: Layout,
    pub(crate) dialect: Option<Dialect>,
    pub(crate) columns: Vec<Declared>,
    /// Columns that some files lack: name, files that have it.
    pub(crate) partial: Vec<(String, usize)>,
    /// Columns without a name.
    pub(crate) unnamed: usize,
}

/// Finds out how to read a group.
pub(crate) fn raw(workshop: &Workshop, group: &Group) -> Result<Raw> {
    let first = head(&group.files[0])?;
    let mut raw = Raw {
        source: Source::new(&group.name, &group.path, Format::Ndjson, Vec::new()),
        layout: first.layout.clone(),
        dialect: None,
        columns: Vec::new(),
        partial: Vec::new(),
        unnamed: 0,
    };
    match &first.layout {
        Layout::Lines => {}
        Layout::Document(path) => {
            raw.source.format = Format::Json;
            raw.source.json.records.clone_from(path);
        }
        Layout::Parquet => {
            raw.source.format = Format::Parquet;
            let mut found: Vec<Vec<Declared>> = Vec::new();
            for file in &group.files {
                let fields = fields(file, &workshop.options.scratch)?;
                found.push(fields.into_iter().map(|(name, of)| declared(name, &of)).collect());
            }
            raw.unite(found);
        }
        Layout::Delimited => {
            let plain = Csv { encoding: first.encoding.to_owned(), ..Csv::default() };
            let dialect =
                dialect::detect(&first.text, first.complete, &plain).ok_or_else(|| {
                    let message = format!(
                        "`{}` holds no records that could be told apart",
                        group.files[0].path
                    );
                    Error::failed(codes::MALFORMED, message)
                })?;
            raw.source.format = Format::Csv;
            raw.source.csv = dialect.csv.clone();
            let mut found = Vec::new();
            match &dialect.header {
                None => {
                    found.push((1..=dialect.width).map(|number| cell(number.to_string())).collect())
                }
                Some(_) => {
                    for file in &group.files {
                        // As the loader reads it, repeated names numbered and rows joined.
                        let names = column_names(&raw.source, file)?.unwrap_or_default();
                        found.push(raw.named(&names));
                    }
                }
            }
            raw.dialect = Some(dialect);
            raw.unite(found);
        }
    }
    Ok(raw)
}

impl Raw {
    fn named(&mut self, header: &[String]) -> Vec<Declared> {
        let (named, unnamed): (Vec<&String>, Vec<&String>) =
            header.iter().partition(|name| !name.trim().is_empty());
        self.unnamed = self.unnamed.max(unnamed.len());
        named.into_iter().map(|name| cell(name.trim().to_owned())).collect()
    }

    /// The columns of all files, in the order they appear.
    fn unite(&mut self, files: Vec<Vec<Declared>>) {
        let count = files.len();
        let mut seen: Vec<(String, Declared, usize)> = Vec::new();
        for declared in files.into_iter().flatten() {
            let folded = match fold(&declared.from) {
                name if name.is_empty() => declared.from.clone(),
                name => name,
            };
            match seen.iter_mut().find(|(known, ..)| *known == folded) {
                Some((_, known, files)) => {
                    *files += 1;
                    if known.native != declared.native {
                        known.native = None;
                    }
                }
                None => seen.push((folded, declared, 1)),
            }
        }
        for (number, (_, declared, files)) in seen.into_iter().enumerate() {
            if files < count {
                self.partial.push((declared.from.clone(), files));
                self.source.drift.missing = MissingColumn::Accept;
            }
            let mut column = Column::new(&format!("c{number}"), ColumnType::String);
            column.from = vec![declared.from.clone()];
            self.source.columns.push(column);
            self.columns.push(declared);
        }
    }
}

fn cell(from: String) -> Declared {
    Declared { from, native: None, kind: Kind::Cell, nested: false }
}

/// A Parquet field: its type where that says enough.
fn declared(from: String, of: &DataType) -> Declared {
    let native = match of {
        DataType::Date32 | DataType::Date64 => Some("date".to_owned()),
        DataType::Timestamp(_, Some(_)) => Some("timestamp".to_owned()),
        DataType::Timestamp(
            TimeUnit::Second | TimeUnit::Millisecond | TimeUnit::Microsecond | TimeUnit::Nanosecond,
            None,
        ) => Some("timestamp_local".to_owned()),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
            if *scale >= 0 =>
        {
            Some(format!("decimal({precision},{scale})"))
        }
        _ => None,
    };
    let kind = match of {
        DataType::Boolean => Kind::Bool,
        of if of.is_numeric() => Kind::Number,
        _ => Kind::Cell,
    };
    let nested = of.is_nested();
    Declared { from, native, kind, nested }
}
