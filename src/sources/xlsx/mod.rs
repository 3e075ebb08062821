/*!
XLSX workbooks: sheets of rows, each with a header of its own.

Cells find their columns by name as in delimited text, and are cast by the same rules; `_line` is the
row that the sheet shows. Merged cells hold what is stored in them: the first has the value, the
others are blank. Formulas are read by their last results. Empty rows are no rows; what lies right of
the header has no name and is not read.
*/

use std::{
    collections::VecDeque,
    sync::{Arc, mpsc::sync_channel},
};

use parking_lot::Mutex;

use crate::{
    config::{source::Source, xlsx::CellRange},
    error::Result,
};

use super::{
    chunk::{Chunk, Pending, RecordReader},
    drift::Seen,
    files::InputFile,
    given::Given,
    load::LoadOptions,
    unpack::Unpacked,
};

mod choice;
mod guard;
mod sheet;
mod stream;
mod value;

use choice::{chosen, visible, worksheets};
use sheet::{SheetReader, names, texts};
use stream::{Row, Sent, Stream, Uncalculated};

/// The sheets of a workbook, one after the other.
pub(crate) struct WorkbookReader {
    rows: Arc<Mutex<Rows>>,
    source: Source,
    file: InputFile,
    /// The sheet being read, and what its rows call it.
    open: Option<(Arc<str>, Box<dyn RecordReader>)>,
    labels: Vec<Vec<String>>,
    seen: Vec<(String, Seen)>,
}

impl WorkbookReader {
    /// Opens the first sheet too, so that its header is judged.
    pub(crate) fn open(
        source: &Source,
        file: &InputFile,
        unpacked: Unpacked,
        options: &LoadOptions,
    ) -> Result<Self> {
        let mut reader = Self {
            rows: Arc::new(Mutex::new(Rows::open(source, file, unpacked, options)?)),
            source: source.clone(),
            file: file.clone(),
            open: None,
            labels: Vec::new(),
            seen: Vec::new(),
        };
        reader.advance()?;
        reader.labels = reader.open.as_ref().map(|(_, open)| open.labels()).unwrap_or_default();
        Ok(reader)
    }

    /// Opens the next sheet, if there is one.
    fn advance(&mut self) -> Result<()> {
        self.seen.extend(self.open.take().into_iter().flat_map(|(_, open)| open.seen()));
        let Some((name, uncalculated)) = self.rows.lock().next_sheet()? else { return Ok(()) };
        let file = self.file.sheet(&name);
        let rows = Arc::clone(&self.rows);
        let open = Given::around(&self.source, &file, |source| {
            Ok(Box::new(SheetReader::open(rows, source, &file, &uncalculated)?))
        })?;
        self.open = Some((file.path.into(), open));
        Ok(())
    }
}

impl RecordReader for WorkbookReader {
    fn labels(&self) -> Vec<Vec<String>> {
        self.labels.clone()
    }

    fn seen(&self) -> Vec<(String, Seen)> {
        self.seen.clone()
    }

    fn next_records(&mut self, limit: usize) -> Result<Option<Pending>> {
        while let Some((name, open)) = &mut self.open {
            if let Some(pending) = open.next_records(limit)? {
                let file = Some(Arc::clone(name));
                return Ok(Some(Box::new(move || Ok(Chunk { file, ..pending()? }))));
            }
            self.advance()?;
        }
        Ok(None)
    }
}

/// The names of the columns of every sheet that is read, where its header says them.
pub(crate) fn column_names(
    source: &Source,
    file: &InputFile,
    unpacked: Unpacked,
    options: &LoadOptions,
) -> Result<Vec<Vec<String>>> {
    let mut rows = Rows::open(source, file, unpacked, options)?;
    let mut found = Vec::new();
    while let Some((name, _)) = rows.next_sheet()? {
        found.extend(names(&mut rows, &file.sheet(&name), &source.xlsx)?.0);
    }
    Ok(found)
}

/// The first rows of a sheet as people read them, with their numbers.
pub(crate) fn first_rows(
    source: &Source,
    file: &InputFile,
    unpacked: Unpacked,
    options: &LoadOptions,
    limit: usize,
) -> Result<Vec<(i64, Vec<String>)>> {
    let mut rows = Rows::open(source, file, unpacked, options)?;
    rows.next_sheet()?;
    let mut found = Vec::new();
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        found.push((row.number.into(), texts(&row)));
    }
    Ok(found)
}

/// The names of the sheets that a workbook shows.
pub(crate) fn sheet_names(
    file: &InputFile,
    unpacked: Unpacked,
    options: &LoadOptions,
) -> Result<Vec<String>> {
    let content = unpacked.into_file(file, &options.scratch)?;
    let (sender, names) = sync_channel(1);
    let choose = move |sheets: &[calamine::Sheet]| {
        let visible = visible(&worksheets(sheets));
        let names: Vec<String> = visible.iter().map(|sheet| sheet.name.clone()).collect();
        drop(sender.send(names));
        Ok(Vec::new())
    };
    Stream::open(content, file, &CellRange::default(), choose)?.next()?;
    Ok(names.recv().unwrap_or_default())
}

/// What the workbook's thread sends, row by row.
struct Rows {
    stream: Stream,
    ready: VecDeque<Row>,
    /// The sheet that begins behind the rows that were read.
    next: Option<(String, Uncalculated)>,
}

impl Rows {
    fn open(
        source: &Source,
        file: &InputFile,
        unpacked: Unpacked,
        options: &LoadOptions,
    ) -> Result<Self> {
        let content = unpacked.into_file(file, &options.scratch)?;
        let (wanted, of) = (source.xlsx.sheets.clone(), file.path.clone());
        let choose = move |sheets: &[calamine::Sheet]| chosen(sheets, &wanted, &of);
        let stream = Stream::open(content, file, &source.xlsx.range, choose)?;
        Ok(Self { stream, ready: VecDeque::new(), next: None })
    }

    /// The next row of the current sheet.
    fn next(&mut self) -> Result<Option<Row>> {
        while self.ready.is_empty() && self.next.is_none() {
            match self.stream.next()? {
                Some(Sent::Rows(rows)) => self.ready.extend(rows),
                Some(Sent::Sheet { name, uncalculated }) => self.next = Some((name, uncalculated)),
                None => break,
            }
        }
        Ok(self.ready.pop_front())
    }

    fn next_sheet(&mut self) -> Result<Option<(String, Uncalculated)>> {
        while self.next()?.is_some() {}
        Ok(self.next.take())
    }
}
