/*!
What is really so: the books the loader has to arrive at, and the facts behind the exports.

Everything here is counted while the world is simulated; no SQL takes part.
*/

use std::{collections::BTreeMap, path::Path};

use crate::error::Result;

use super::files::{Lines, csv};

/// The rows of one source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Book {
    pub(crate) read: u64,
    pub(crate) quarantined: u64,
    pub(crate) superseded: u64,
    pub(crate) cells_nulled: u64,
}

/// A cell that cannot be read, or a row that cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    pub(crate) source: &'static str,
    pub(crate) file: String,
    pub(crate) line: u64,
    /// The column as the source declares it; none where the whole row has no shape.
    pub(crate) column: Option<&'static str>,
    pub(crate) raw: String,
    pub(crate) quarantines_row: bool,
}

/// The books of all sources.
#[derive(Debug, Default)]
pub(crate) struct Books {
    books: BTreeMap<&'static str, Book>,
    faults: Vec<Fault>,
}

impl Books {
    pub(crate) fn read(&mut self, source: &'static str) {
        self.books.entry(source).or_default().read += 1;
    }

    pub(crate) fn superseded(&mut self, source: &'static str) {
        self.books.entry(source).or_default().superseded += 1;
    }

    pub(crate) fn fault(&mut self, fault: Fault) {
        let book = self.books.entry(fault.source).or_default();
        if fault.quarantines_row {
            book.quarantined += 1;
        } else {
            book.cells_nulled += 1;
        }
        self.faults.push(fault);
    }

    /// Rows of all sources together.
    pub(crate) fn rows(&self) -> u64 {
        self.books.values().map(|book| book.read).sum()
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (source, book) in other.books {
            let mine = self.books.entry(source).or_default();
            mine.read += book.read;
            mine.quarantined += book.quarantined;
            mine.superseded += book.superseded;
            mine.cells_nulled += book.cells_nulled;
        }
        self.faults.extend(other.faults);
    }

    pub(crate) fn write(mut self, root: &Path) -> Result<()> {
        let mut books = Table::create(
            root,
            "books.csv",
            &[
                "source",
                "rows_read",
                "rows_loaded",
                "rows_quarantined",
                "rows_filtered",
                "rows_superseded",
                "cells_nulled",
            ],
        )?;
        for (source, book) in &self.books {
            let loaded = book.read - book.quarantined - book.superseded;
            books.row(&[
                source,
                &book.read.to_string(),
                &loaded.to_string(),
                &book.quarantined.to_string(),
                "0",
                &book.superseded.to_string(),
                &book.cells_nulled.to_string(),
            ])?;
        }
        books.finish()?;
        self.faults.sort();
        let mut cells = Table::create(
            root,
            "bad_cells.csv",
            &["source", "file", "line", "column", "raw_value"],
        )?;
        let mut rows = Table::create(root, "bad_rows.csv", &["source", "file", "line", "column"])?;
        for fault in &self.faults {
            let line = fault.line.to_string();
            if fault.quarantines_row {
                rows.row(&[fault.source, &fault.file, &line, fault.column.unwrap_or("")])?;
            } else {
                let column = fault.column.unwrap_or("");
                cells.row(&[fault.source, &fault.file, &line, column, &fault.raw])?;
            }
        }
        cells.finish()?;
        rows.finish()
    }
}

/// A CSV file of the truth folder.
pub(crate) struct Table(Lines);

impl Table {
    pub(crate) fn create(root: &Path, name: &str, header: &[&str]) -> Result<Self> {
        let mut table = Self(Lines::create(root, name)?);
        table.row(header)?;
        Ok(table)
    }

    pub(crate) fn row(&mut self, cells: &[&str]) -> Result<()> {
        self.0.record(csv(',', cells).as_bytes()).map(|_| ())
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.0.finish()
    }
}
