/*!
Files are read side by side, and the chunks of one file too.

Each thread takes a file nobody has opened yet; when none is left it helps with those still open.
Cutting the next chunk off a file happens under the file's lock, all other work outside it. Chunks
are handed on in the order of the file, whoever finished first.
*/

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use datafusion::arrow::array::RecordBatch;
use parking_lot::Mutex;
use serde::Serialize;

use crate::{
    config::source::Source,
    error::{Diagnostic, Error, Result},
};

use super::{
    books::{Books, check_books, check_budget},
    chunk::RecordReader,
    files::{InputFile, worst},
    open::open,
    rows::{Typed, Typer},
};

/// Takes batches; several threads may write at once.
pub trait BatchSink: Send + Sync {
    fn write(&self, batch: RecordBatch) -> Result<()>;
}

/// The three outputs of the loader.
#[derive(Clone, Copy)]
pub struct Sinks<'a> {
    /// [`raw_schema`](super::raw_schema).
    pub rows: &'a dyn BatchSink,
    /// [`bad_rows_schema`](super::bad_rows_schema).
    pub bad_rows: &'a dyn BatchSink,
    /// [`bad_cells_schema`](super::bad_cells_schema).
    pub bad_cells: &'a dyn BatchSink,
}

#[derive(Debug, Clone)]
pub struct LoadOptions {
    pub threads: usize,
    pub batch_rows: usize,
    /// For intermediate files; must exist.
    pub scratch: PathBuf,
}

/// What became of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FileReport {
    pub file: String,
    pub books: Books,
    /// Further header rows, such as the question texts of a survey: column, rows from top to bottom.
    pub labels: Vec<(String, Vec<String>)>,
    /// The first fault in words.
    pub example: Option<String>,
}

/// What became of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LoadReport {
    pub files: Vec<FileReport>,
    pub books: Books,
    pub warnings: Vec<Diagnostic>,
}

/// Loads the files of a source: typed rows, quarantine, books.
pub fn load(
    source: &Source,
    files: &[InputFile],
    sinks: Sinks,
    options: &LoadOptions,
) -> Result<LoadReport> {
    let reports = load_files(source, files, &|_| sinks, options)?;
    finish(source, reports)
}

/// Types one file; versions of records are left to [`load`].
pub fn load_file(
    source: &Source,
    file: &InputFile,
    sinks: Sinks,
    options: &LoadOptions,
) -> Result<FileReport> {
    let mut reports = load_files(source, std::slice::from_ref(file), &|_| sinks, options)?;
    Ok(reports.pop().unwrap_or_default())
}

/// Sums the books up, and fails where they do not close or the budget is exceeded.
pub fn finish(source: &Source, files: Vec<FileReport>) -> Result<LoadReport> {
    let mut books = Books::default();
    for report in &files {
        check_books(&report.file, &report.books)?;
        books += report.books;
    }
    let example = files.iter().find_map(|report| report.example.as_deref());
    check_budget(source, &books, example)?;
    Ok(LoadReport { files, books, warnings: Vec::new() })
}

/// Types several files; the sinks are chosen per file.
pub(crate) fn load_files<'a>(
    source: &Source,
    files: &[InputFile],
    sinks: &(dyn Fn(usize) -> Sinks<'a> + Sync),
    options: &LoadOptions,
) -> Result<Vec<FileReport>> {
    let typer = Typer::new(source)?;
    let work = Work {
        source,
        slots: files.iter().enumerate().map(|(at, file)| Slot::new(file, sinks(at))).collect(),
        unopened: AtomicUsize::new(0),
        failed: AtomicBool::new(false),
        limit: options.batch_rows.max(1),
    };
    std::thread::scope(|scope| {
        for _ in 1..options.threads.max(1) {
            let typer = typer.clone();
            scope.spawn(|| work.run(typer));
        }
        work.run(typer.clone());
    });
    let mut reports = Vec::with_capacity(files.len());
    let mut errors = Vec::new();
    for slot in work.slots {
        let delivery = slot.delivery.into_inner();
        match delivery.failed {
            Some(error) => errors.push(error),
            None => reports.push(delivery.report),
        }
    }
    if errors.is_empty() {
        return Ok(reports);
    }
    Err(Error {
        kind: worst(errors.iter().map(|error| error.kind)),
        diagnostics: errors.into_iter().flat_map(|error| error.diagnostics).collect(),
    })
}

struct Work<'a> {
    source: &'a Source,
    slots: Vec<Slot<'a>>,
    unopened: AtomicUsize,
    /// Some file failed: the others are opened, so that all bad headers are named, but not read.
    failed: AtomicBool,
    limit: usize,
}

struct Slot<'a> {
    file: &'a InputFile,
    sinks: Sinks<'a>,
    reading: Mutex<Reading>,
    delivery: Mutex<Delivery>,
}

enum Reading {
    Unopened,
    Open { reader: Box<dyn RecordReader>, next: u64 },
    Finished,
}

#[derive(Default)]
struct Delivery {
    next: u64,
    /// Chunks that were finished before an earlier one.
    waiting: BTreeMap<u64, Result<Typed>>,
    report: FileReport,
    failed: Option<Error>,
}

impl<'a> Slot<'a> {
    fn new(file: &'a InputFile, sinks: Sinks<'a>) -> Self {
        let report = FileReport { file: file.path.clone(), ..FileReport::default() };
        Self {
            file,
            sinks,
            reading: Mutex::new(Reading::Unopened),
            delivery: Mutex::new(Delivery { report, ..Delivery::default() }),
        }
    }
}

impl Work<'_> {
    fn run(&self, mut typer: Typer) {
        while let Some(slot) = self.slots.get(self.unopened.fetch_add(1, Ordering::Relaxed)) {
            while self.step(slot, &mut typer) {}
        }
        for slot in &self.slots {
            while self.step(slot, &mut typer) {}
        }
    }

    /// Takes one chunk of a file through; false when the file has no more.
    fn step(&self, slot: &Slot, typer: &mut Typer) -> bool {
        let (sequence, pending) = {
            let mut reading = slot.reading.lock();
            match self.next(slot, &mut reading) {
                Some(found) => found,
                None => return false,
            }
        };
        let typed = pending.and_then(|pending| typer.run(&slot.file.path, pending()?));
        self.deliver(slot, sequence, typed);
        true
    }

    fn next(
        &self,
        slot: &Slot,
        reading: &mut Reading,
    ) -> Option<(u64, Result<super::chunk::Pending>)> {
        if matches!(reading, Reading::Unopened) {
            match open(self.source, slot.file) {
                Ok(reader) => {
                    let names = self.source.columns.iter().map(|column| column.name.clone());
                    slot.delivery.lock().report.labels = names
                        .zip(reader.labels())
                        .filter(|(_, labels)| !labels.is_empty())
                        .collect();
                    *reading = Reading::Open { reader, next: 0 };
                }
                Err(error) => {
                    *reading = Reading::Finished;
                    return Some((0, Err(error)));
                }
            }
        }
        let Reading::Open { reader, next } = reading else { return None };
        let sequence = *next;
        *next += 1;
        if self.failed.load(Ordering::Relaxed) {
            *reading = Reading::Finished;
            return None;
        }
        match reader.next_records(self.limit) {
            Ok(Some(pending)) => Some((sequence, Ok(pending))),
            Ok(None) => {
                *reading = Reading::Finished;
                None
            }
            Err(error) => {
                *reading = Reading::Finished;
                Some((sequence, Err(error)))
            }
        }
    }

    fn deliver(&self, slot: &Slot, sequence: u64, typed: Result<Typed>) {
        let mut delivery = slot.delivery.lock();
        let delivery = &mut *delivery;
        delivery.waiting.insert(sequence, typed);
        while let Some(typed) = delivery.waiting.remove(&delivery.next) {
            delivery.next += 1;
            if delivery.failed.is_some() {
                continue;
            }
            let written = typed.and_then(|typed| self.write(slot, typed, &mut delivery.report));
            if let Err(error) = written {
                self.failed.store(true, Ordering::Relaxed);
                delivery.failed = Some(error);
            }
        }
    }

    fn write(&self, slot: &Slot, typed: Typed, report: &mut FileReport) -> Result<()> {
        let (source, file) = (&self.source.name, &slot.file.path);
        if typed.rows.num_rows() > 0 {
            slot.sinks.rows.write(typed.rows)?;
        }
        if !typed.quarantine.rows.is_empty() {
            slot.sinks.bad_rows.write(typed.quarantine.rows_batch(source, file))?;
        }
        if !typed.quarantine.cells.is_empty() {
            slot.sinks.bad_cells.write(typed.quarantine.cells_batch(source, file))?;
        }
        report.books += typed.books;
        if report.example.is_none() {
            report.example = typed.example;
        }
        Ok(())
    }
}
