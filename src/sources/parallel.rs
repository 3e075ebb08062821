/*!
Files are read side by side, and the chunks of one file too.

Each thread takes a file nobody has opened yet; when none is left it helps with those still open.
Cutting the next chunk off a file happens under the file's lock, all other work outside it. Chunks
are handed on in the order of the file, whoever finished first.
*/

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;

use crate::{
    config::source::Source,
    error::{Error, Result},
};

use super::{
    chunk::{Pending, RecordReader},
    drift::Seen,
    files::{InputFile, worst},
    load::{FileReport, LoadOptions, Outputs, Sinks},
    open::open,
    rows::{Typed, Typer},
};

/// Types several files; reports follow the order of the files.
///
/// Everything wrong with any of them is in the error; once one file failed, the others are opened,
/// so that all bad headers are named, but not read.
pub fn load_files(
    source: &Source,
    files: &[InputFile],
    outputs: &dyn Outputs,
    options: &LoadOptions,
) -> Result<Vec<FileReport>> {
    let typer = Typer::new(source)?;
    let work = Work {
        source,
        slots: files
            .iter()
            .enumerate()
            .map(|(at, file)| Slot::new(at, file, outputs.sinks(at)))
            .collect(),
        outputs,
        unopened: AtomicUsize::new(0),
        failed: AtomicBool::new(false),
        options,
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
            Some(error) => errors.push((&slot.file.path, error)),
            None => reports.push(delivery.report),
        }
    }
    if errors.is_empty() {
        return Ok(reports);
    }
    errors.sort_by_key(|(path, _)| *path);
    Err(Error {
        kind: worst(errors.iter().map(|(_, error)| error.kind)),
        diagnostics: errors.into_iter().flat_map(|(_, error)| error.diagnostics).collect(),
    })
}

struct Work<'a> {
    source: &'a Source,
    outputs: &'a dyn Outputs,
    slots: Vec<Slot<'a>>,
    unopened: AtomicUsize,
    failed: AtomicBool,
    options: &'a LoadOptions,
}

struct Slot<'a> {
    number: usize,
    file: &'a InputFile,
    path: Arc<str>,
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
    /// How many chunks the file has, once that is known.
    count: Option<u64>,
    /// Chunks that were finished before an earlier one.
    waiting: BTreeMap<u64, Result<Typed>>,
    report: FileReport,
    failed: Option<Error>,
}

impl<'a> Slot<'a> {
    fn new(number: usize, file: &'a InputFile, sinks: Sinks<'a>) -> Self {
        let report = FileReport { file: file.path.clone(), ..FileReport::default() };
        Self {
            number,
            file,
            path: file.path.as_str().into(),
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
        let typed = pending.and_then(|pending| typer.run(&slot.path, pending()?));
        self.deliver(slot, sequence, typed);
        true
    }

    fn next(&self, slot: &Slot, reading: &mut Reading) -> Option<(u64, Result<Pending>)> {
        if matches!(reading, Reading::Unopened) {
            match open(self.source, slot.file, self.options) {
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
        match reader.next_records(self.options.batch_rows.max(1)) {
            Ok(Some(pending)) => Some((sequence, Ok(pending))),
            Ok(None) => {
                let mut delivery = slot.delivery.lock();
                for (part, seen) in reader.seen() {
                    delivery.report.see(&part, seen);
                }
                delivery.count = Some(sequence);
                self.close(slot, &mut delivery);
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
        self.close(slot, delivery);
    }

    /// Says that a file is finished, once its last chunk is delivered.
    fn close(&self, slot: &Slot, delivery: &mut Delivery) {
        if delivery.count != Some(delivery.next) || delivery.failed.is_some() {
            return;
        }
        delivery.count = None;
        if let Err(error) = self.outputs.finished(slot.number, &delivery.report) {
            self.failed.store(true, Ordering::Relaxed);
            delivery.failed = Some(error);
        }
    }

    fn write(&self, slot: &Slot, typed: Typed, report: &mut FileReport) -> Result<()> {
        let (source, file) = (&self.source.name, &typed.file);
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
        report.newest = report.newest.max(typed.newest);
        if typed.seen != Seen::default() {
            report.see(file, typed.seen);
        }
        report.nulls.resize(typed.nulls.len(), 0);
        report.nulls.iter_mut().zip(typed.nulls).for_each(|(sum, nulls)| *sum += nulls);
        if report.example.is_none() {
            report.example = typed.example;
        }
        Ok(())
    }
}
