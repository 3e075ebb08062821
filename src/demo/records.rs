/*!
Files of records, CSV and JSON lists, with the dirt of [`super::dirt`] put in and booked.
*/

use std::{borrow::Cow, path::Path};

use serde_json::Value;

use crate::error::Result;

use super::{
    dirt::Blemish,
    files::{Lines, csv},
    truth::{Books, Fault},
};

/// How a CSV export looks, and which of its cells get spoilt.
pub(crate) struct Layout {
    pub(crate) source: &'static str,
    pub(crate) delimiter: char,
    pub(crate) encoding: &'static str,
    pub(crate) columns: &'static [&'static str],
    /// The cell that costs its row when it is bad.
    pub(crate) bad_required: BadCell,
    /// The cell that only costs itself.
    pub(crate) bad_optional: BadCell,
}

/// A cell to spoil.
#[derive(Clone, Copy)]
pub(crate) struct BadCell {
    pub(crate) header: &'static str,
    /// The name under which the source declares the column.
    pub(crate) column: &'static str,
    /// What stands in the cell instead.
    pub(crate) raw: &'static str,
}

impl BadCell {
    /// A cell whose column is declared under its header.
    pub(crate) const fn new(header: &'static str, raw: &'static str) -> Self {
        Self { header, column: header, raw }
    }
}

pub(crate) struct CsvExport {
    layout: &'static Layout,
    /// The layout's columns in the order of this file.
    order: Vec<usize>,
    lines: Lines,
}

impl CsvExport {
    pub(crate) fn create(root: &Path, name: &str, layout: &'static Layout) -> Result<Self> {
        Self::reordered(root, name, layout, (0..layout.columns.len()).collect())
    }

    /// A file whose columns stand in another order than the layout's.
    pub(crate) fn reordered(
        root: &Path,
        name: &str,
        layout: &'static Layout,
        order: Vec<usize>,
    ) -> Result<Self> {
        let mut export = Self { layout, order, lines: Lines::create(root, name)? };
        let header: Vec<String> = layout.columns.iter().map(|name| (*name).to_owned()).collect();
        export.line(&header)?;
        Ok(export)
    }

    /// A further header row.
    pub(crate) fn header(&mut self, cells: &[String]) -> Result<()> {
        self.line(cells).map(|_| ())
    }

    /// Writes a sound row.
    pub(crate) fn row(&mut self, cells: &[String], books: &mut Books) -> Result<()> {
        books.read(self.layout.source);
        self.line(cells).map(|_| ())
    }

    /// Writes a row, and what its blemish adds to it.
    pub(crate) fn add(
        &mut self,
        cells: &[String],
        blemish: Blemish,
        books: &mut Books,
    ) -> Result<()> {
        match blemish {
            // What an older version looks like is the exporter's business.
            Blemish::None | Blemish::Updated => {}
            Blemish::Twice => {
                self.row(cells, books)?;
                books.superseded(self.layout.source);
            }
            Blemish::BadRequired => {
                let spoilt = self.spoilt(cells, self.layout.bad_required);
                self.faulty(&spoilt, Some(self.layout.bad_required), true, books)?;
            }
            Blemish::BadShape => {
                let mut spoilt = cells.to_vec();
                spoilt.push("?".to_owned());
                self.faulty(&spoilt, None, true, books)?;
            }
            Blemish::BadCell => {
                let spoilt = self.spoilt(cells, self.layout.bad_optional);
                return self.faulty(&spoilt, Some(self.layout.bad_optional), false, books);
            }
        }
        self.row(cells, books)
    }

    fn spoilt(&self, cells: &[String], bad: BadCell) -> Vec<String> {
        let at = self.layout.columns.iter().position(|name| *name == bad.header);
        let mut cells = cells.to_vec();
        cells[at.expect("layouts spoil columns they have")] = bad.raw.to_owned();
        cells
    }

    fn faulty(
        &mut self,
        cells: &[String],
        bad: Option<BadCell>,
        quarantines_row: bool,
        books: &mut Books,
    ) -> Result<()> {
        books.read(self.layout.source);
        let line = self.line(cells)?;
        books.fault(Fault {
            source: self.layout.source,
            file: self.lines.name().to_owned(),
            line,
            column: bad.map(|bad| bad.column),
            raw: bad.map_or("", |bad| bad.raw).to_owned(),
            quarantines_row,
        });
        Ok(())
    }

    fn line(&mut self, cells: &[String]) -> Result<u64> {
        // Cells beyond the layout keep their place at the end.
        let beyond = self.layout.columns.len()..cells.len();
        let ordered: Vec<&str> =
            self.order.iter().copied().chain(beyond).map(|index| cells[index].as_str()).collect();
        let record = csv(self.layout.delimiter, &ordered);
        let bytes = match self.layout.encoding {
            "windows-1252" => encoding_rs::WINDOWS_1252.encode(&record).0,
            _ => Cow::Borrowed(record.as_bytes()),
        };
        self.lines.record(&bytes)
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.lines.finish()
    }
}

/// Records in JSON documents of the form `{…, "<member>": [record, …], …}`, one record on a line,
/// a new file after every [`PAGE`] records.
pub(crate) struct JsonExport<'a> {
    root: &'a Path,
    source: &'static str,
    /// File name without number and extension, such as `billing/invoices`.
    name: &'static str,
    /// What stands before the first record.
    head: String,
    /// What stands after the last one, given whether a further page follows.
    foot: fn(bool) -> &'static str,
    pages: u32,
    page: Option<Lines>,
    on_page: u32,
    /// The last record, not written yet: only the next one shows whether a comma follows.
    pending: Option<Vec<u8>>,
}

/// Records in one JSON document.
const PAGE: u32 = 1_000;

impl<'a> JsonExport<'a> {
    pub(crate) fn new(
        root: &'a Path,
        source: &'static str,
        name: &'static str,
        head: String,
        foot: fn(bool) -> &'static str,
    ) -> Self {
        Self { root, source, name, head, foot, pages: 0, page: None, on_page: 0, pending: None }
    }

    /// Writes a record, twice where the blemish says so; `older` is its earlier version.
    pub(crate) fn add(
        &mut self,
        record: &Value,
        older: Option<&Value>,
        blemish: Blemish,
        books: &mut Books,
    ) -> Result<()> {
        let before = match blemish {
            Blemish::Twice => Some(record),
            Blemish::Updated => older,
            // Vendors' interfaces send no malformed records.
            _ => None,
        };
        if let Some(before) = before {
            self.record(before, books)?;
            books.superseded(self.source);
        }
        self.record(record, books)
    }

    pub(crate) fn record(&mut self, record: &Value, books: &mut Books) -> Result<()> {
        books.read(self.source);
        if self.on_page == PAGE {
            self.close(true)?;
        }
        if self.page.is_none() {
            self.pages += 1;
            let name = format!("{}_{:05}.json.gz", self.name, self.pages);
            let mut page = Lines::create(self.root, &name)?;
            page.record(self.head.as_bytes())?;
            self.page = Some(page);
        }
        if let (Some(mut pending), Some(page)) = (self.pending.take(), self.page.as_mut()) {
            pending.push(b',');
            page.record(&pending)?;
        }
        self.pending = Some(record.to_string().into_bytes());
        self.on_page += 1;
        Ok(())
    }

    fn close(&mut self, has_more: bool) -> Result<()> {
        let Some(mut page) = self.page.take() else { return Ok(()) };
        if let Some(pending) = self.pending.take() {
            page.record(&pending)?;
        }
        page.record((self.foot)(has_more).as_bytes())?;
        self.on_page = 0;
        page.finish()
    }

    pub(crate) fn finish(mut self) -> Result<()> {
        self.close(false)
    }
}
