/*!
A source that takes everything as text: what the files are looked at through before types are known.
*/

use std::ops::ControlFlow;

use datafusion::arrow::datatypes::{DataType, TimeUnit};

use super::{
    Workshop,
    dialect::{self, Dialect, Heading, RECORDS},
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
    sources::{column_names, each_part, fields, first_rows, fold, whole_line},
};

/// How the files of a group are read before anything is decided.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) source: Source,
    pub(crate) layout: Layout,
    pub(crate) dialect: Option<Dialect>,
    /// What stands above the records of text and sheets.
    pub(crate) heading: Option<Heading>,
    pub(crate) columns: Vec<Declared>,
    /// Files, or members of them, whose columns are told apart.
    pub(crate) parts: usize,
    /// Columns that some of them lack: name, how many have it.
    pub(crate) partial: Vec<(String, usize)>,
    /// Columns without a name.
    pub(crate) unnamed: usize,
}

/// Finds out how to read a group.
pub(crate) fn raw(workshop: &Workshop, group: &Group) -> Result<Raw> {
    let first = head(workshop, group)?;
    let layout = match first.layout {
        Layout::Delimited => workshop.log(&first.text).map_or(Layout::Delimited, Layout::Log),
        other => other,
    };
    let mut source = Source::new(&group.name, &group.path, Format::Ndjson, Vec::new());
    source.members = group.patterns().to_vec();
    let mut raw = Raw {
        source,
        layout: layout.clone(),
        dialect: None,
        heading: None,
        columns: Vec::new(),
        parts: group.files.len(),
        partial: Vec::new(),
        unnamed: 0,
    };
    let untold = || {
        let message =
            format!("`{}` holds no records that could be told apart", group.files[0].path);
        Error::failed(codes::MALFORMED, message)
            .hint("is it a table at all? a record may hold 100,000 columns and 32 MiB")
    };
    match layout {
        Layout::Lines => {}
        Layout::Document(path) => {
            raw.source.format = Format::Json;
            raw.source.json.records = path;
        }
        Layout::Typed(format) => {
            raw.source.format = format;
            let mut found: Vec<Vec<Declared>> = Vec::new();
            for file in &group.files {
                for fields in fields(&raw.source, file, &workshop.options)? {
                    found.push(fields.into_iter().map(|(name, of)| declared(name, &of)).collect());
                }
            }
            raw.unite(found);
        }
        Layout::Log(pattern) => {
            raw.source.format = Format::Lines;
            let regex = whole_line(&pattern).map_err(|_| untold())?;
            let names = regex.capture_names().flatten();
            let columns = names.map(|name| cell(name.to_owned())).collect();
            raw.source.lines.pattern = pattern;
            raw.unite(vec![columns]);
        }
        Layout::Delimited => {
            let plain = Csv { encoding: first.encoding.to_owned(), ..Csv::default() };
            let dialect =
                dialect::detect(&first.text, first.complete, &plain).ok_or_else(untold)?;
            raw.source.format = Format::Csv;
            raw.source.csv = dialect.csv.clone();
            raw.heading = Some(dialect.heading.clone());
            raw.dialect = Some(dialect);
            raw.headed(workshop, group)?;
        }
        Layout::Sheet => {
            raw.source.format = Format::Xlsx;
            raw.source.xlsx.sheets = group.sheet.clone().into_iter().collect();
            let mut rows = Vec::new();
            each_part(
                &group.files[0],
                group.patterns(),
                &workshop.options.scratch,
                |part, content| {
                    rows = first_rows(&raw.source, part, content, &workshop.options, RECORDS)?;
                    Ok(ControlFlow::Break(()))
                },
            )?;
            let heading = dialect::detect_sheet(rows).ok_or_else(untold)?;
            raw.source.xlsx.skip_rows = heading.skip_rows;
            raw.source.xlsx.names = heading.names.clone();
            raw.source.xlsx.repeated_names = heading.repeated_names;
            raw.heading = Some(heading);
            raw.headed(workshop, group)?;
        }
    }
    Ok(raw)
}

impl Raw {
    /// The columns that the headers of all files name, or their numbers.
    fn headed(&mut self, workshop: &Workshop, group: &Group) -> Result<()> {
        let heading = self.heading.as_ref().filter(|heading| !heading.has_names());
        if let Some(width) = heading.map(|heading| heading.width) {
            self.unite(vec![(1..=width).map(|number| cell(number.to_string())).collect()]);
            return Ok(());
        }
        let mut found = Vec::new();
        for file in &group.files {
            // As the loader reads it, repeated names numbered and rows joined.
            for names in column_names(&self.source, file, &workshop.options)? {
                found.push(self.named(&names));
            }
        }
        self.unite(found);
        Ok(())
    }

    fn named(&mut self, header: &[String]) -> Vec<Declared> {
        let (named, unnamed): (Vec<&String>, Vec<&String>) =
            header.iter().partition(|name| !name.trim().is_empty());
        self.unnamed = self.unnamed.max(unnamed.len());
        named.into_iter().map(|name| cell(name.trim().to_owned())).collect()
    }

    /// The columns of all files, in the order they appear.
    fn unite(&mut self, files: Vec<Vec<Declared>>) {
        let count = files.len();
        self.parts = count;
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

/// A field of a format with types: its type where that says enough.
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
