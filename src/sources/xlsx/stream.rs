/*!
The rows of a workbook's sheets, read by a thread of their own: what `calamine` reads from borrows the
workbook, and a fault in it must end in an error.
*/

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Seek},
    sync::mpsc::{Receiver, SendError, SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

use calamine::{DataRef, Reader, Sheet, Xlsx, XlsxError};

use super::{
    guard,
    value::{Shown, Value},
};
use crate::{
    config::xlsx::CellRange,
    error::{Error, Result, codes},
    sources::{
        buffer::MAX_RECORD,
        fault::{file_error, read_error},
        files::InputFile,
    },
};

/// What a message holds at most, unless a single row is larger.
const ROWS: usize = 1_024;
const CELLS: usize = 1 << 15;
const BYTES: usize = 1 << 20;
/// Messages that wait to be read.
const AHEAD: usize = 2;

/// A row that holds something.
#[derive(Debug)]
pub(crate) struct Row {
    /// Counted from 1, as the sheet shows it.
    pub(crate) number: u32,
    /// By the place of their columns in the range, in that order.
    pub(crate) cells: Vec<(usize, Value)>,
}

/// What the thread sends.
pub(crate) enum Sent {
    /// The rows that follow are those of this sheet.
    Sheet {
        name: String,
        uncalculated: Uncalculated,
    },
    Rows(Vec<Row>),
}

/// Of each column, the first row with a formula that has no result.
pub(crate) type Uncalculated = BTreeMap<usize, u32>;

pub(crate) struct Stream {
    sent: Receiver<Result<Sent>>,
    /// None once it has ended.
    thread: Option<JoinHandle<()>>,
    file: String,
}

impl Stream {
    /// Reads the sheets that `choose` picks, in its order.
    pub(crate) fn open(
        content: File,
        file: &InputFile,
        range: &CellRange,
        choose: impl FnOnce(&[Sheet]) -> Result<Vec<String>> + Send + 'static,
    ) -> Result<Self> {
        let (sender, sent) = sync_channel(AHEAD);
        let (of, range) = (file.clone(), range.clone());
        let thread = thread::Builder::new()
            .name("workbook".to_owned())
            .spawn(move || {
                let work = Work { file: of, range, sender };
                match work.run(content, choose) {
                    Ok(()) | Err(Stop::Unheard) => {}
                    Err(Stop::Failed(error)) => drop(work.sender.send(Err(error))),
                }
            })
            .map_err(|error| file_error(codes::MALFORMED, &file.path, error))?;
        Ok(Self { sent, thread: Some(thread), file: file.path.clone() })
    }

    pub(crate) fn next(&mut self) -> Result<Option<Sent>> {
        if let Ok(sent) = self.sent.recv() {
            return sent.map(Some);
        }
        match self.thread.take().map(JoinHandle::join) {
            Some(Err(_)) => Err(broken(&self.file, "what it holds makes no sense")),
            _ => Ok(None),
        }
    }
}

/// Why the thread ends early.
enum Stop {
    Failed(Error),
    /// Nobody listens any more.
    Unheard,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<SendError<Result<Sent>>> for Stop {
    fn from(_: SendError<Result<Sent>>) -> Self {
        Self::Unheard
    }
}

struct Work {
    file: InputFile,
    range: CellRange,
    sender: SyncSender<Result<Sent>>,
}

type Workbook = Xlsx<BufReader<File>>;

impl Work {
    fn run(
        &self,
        mut content: File,
        choose: impl FnOnce(&[Sheet]) -> Result<Vec<String>>,
    ) -> Result<(), Stop> {
        let checked = content.try_clone().and_then(|content| guard::check(content, self.file.size));
        let formulas = checked.map_err(|error| read_error(&self.file, error))?;
        content.rewind().map_err(|error| read_error(&self.file, error))?;
        let mut workbook =
            Workbook::new(BufReader::new(content)).map_err(|error| self.broken(&error))?;
        for name in choose(workbook.sheets_metadata())? {
            let uncalculated = match formulas {
                true => self.uncalculated(&mut workbook, &name).map_err(|e| self.broken(&e))?,
                false => Uncalculated::new(),
            };
            self.sender.send(Ok(Sent::Sheet { name: name.clone(), uncalculated }))?;
            self.rows(&mut workbook, &name)?;
        }
        Ok(())
    }

    fn broken(&self, error: &XlsxError) -> Error {
        broken(&self.file.path, &error.to_string())
    }

    /// The column of a cell within the range.
    fn column(&self, (row, column): (u32, u32)) -> Option<usize> {
        let within = self.range.rows.contains(&row) && self.range.columns.contains(&column);
        within.then(|| (column - self.range.columns.start()) as usize)
    }

    fn rows(&self, workbook: &mut Workbook, sheet: &str) -> Result<(), Stop> {
        let broken = |error: XlsxError| Stop::Failed(self.broken(&error));
        let refused = |what: String| Err(Stop::Failed(self::broken(&self.file.path, &what)));
        let mut cells = workbook.worksheet_cells_reader(sheet).map_err(broken)?;
        let shown: Vec<Shown> = cells.styles().iter().map(Shown::by).collect();
        let mut rows: Vec<Row> = Vec::new();
        let (mut count, mut bytes, mut row_bytes) = (0, 0, 0);
        while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(broken)? {
            let position = cell.get_position();
            if position.0 > *self.range.rows.end() {
                break;
            }
            let Some(column) = self.column(position) else { continue };
            let shown = shown.get(style).copied().unwrap_or(Shown::Plainly);
            let Some(value) = Value::of(cell.get_value(), shown) else { continue };
            let number = position.0 + 1;
            let last = rows.last().map_or(0, |row| row.number);
            if number < last {
                return refused(format!("row {number} comes after row {last}"));
            }
            if number > last {
                if rows.len() >= ROWS || count >= CELLS || bytes >= BYTES {
                    self.sender.send(Ok(Sent::Rows(std::mem::take(&mut rows))))?;
                    (count, bytes) = (0, 0);
                }
                rows.push(Row { number, cells: Vec::new() });
                row_bytes = 0;
            }
            count += 1;
            bytes += value.size();
            row_bytes += value.size();
            if row_bytes > MAX_RECORD {
                return refused(format!("row {number} holds more than {} MiB", MAX_RECORD >> 20));
            }
            if let Some(row) = rows.last_mut() {
                if row.cells.last().is_some_and(|(before, _)| *before >= column) {
                    return refused(format!("the cells of row {number} are out of order"));
                }
                row.cells.push((column, value));
            }
        }
        if !rows.is_empty() {
            self.sender.send(Ok(Sent::Rows(rows)))?;
        }
        Ok(())
    }

    fn uncalculated(
        &self,
        workbook: &mut Workbook,
        sheet: &str,
    ) -> Result<Uncalculated, XlsxError> {
        let mut found = Uncalculated::new();
        let mut cells = workbook.worksheet_cells_reader(sheet)?;
        while let Some(cell) = cells.next_cell_with_formula_metadata()? {
            if cell.formula.is_some()
                && cell.value == DataRef::Empty
                && let Some(column) = self.column(cell.pos)
            {
                found.entry(column).or_insert(cell.pos.0 + 1);
            }
        }
        Ok(found)
    }
}

fn broken(file: &str, why: &str) -> Error {
    file_error(codes::MALFORMED, file, format!("cannot be read as XLSX: {why}"))
        .hint("does a spreadsheet open it? save it again from there")
}
