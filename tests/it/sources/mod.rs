/*!
Whole files through the loader: what loads, what is quarantined, what stops a file, and that the
books close.
*/

use std::{
    fs,
    path::{Path, PathBuf},
};

use datafusion::arrow::{
    array::RecordBatch,
    compute::concat_batches,
    util::display::{ArrayFormatter, FormatOptions},
};
use journeymart::{
    config::{
        reading::{Format, Names},
        source::{Column, Source},
    },
    error::{Error, Result},
    sources::{
        BatchSink, Discovered, InputFile, LoadOptions, LoadReport, Sinks, bad_cells_schema,
        bad_rows_schema, discover, load, raw_schema,
    },
    storage::Storage,
};
use parking_lot::Mutex;

mod casts;
mod archives;
mod columnar;
mod contrast;
mod corrupt;
mod corruption;
mod csv;
mod discover;
mod drift;
mod headers;
mod json;
mod latest;
mod layout;
mod limits;
mod logs;
mod nested;
mod parquet;
mod records;
pub(crate) mod samples;
mod workbook;
mod xlsx;

/// Collects what is written to it.
#[derive(Default)]
pub(crate) struct Collected(pub(crate) Mutex<Vec<RecordBatch>>);

impl BatchSink for Collected {
    fn write(&self, batch: RecordBatch) -> Result<()> {
        self.0.lock().push(batch);
        Ok(())
    }
}

/// A folder of files and a source that reads them.
pub(crate) struct World {
    folder: tempfile::TempDir,
    files: Vec<String>,
    pub(crate) source: Source,
    pub(crate) threads: usize,
    pub(crate) batch_rows: usize,
}

/// What a load put out, as text.
pub(crate) struct Loaded {
    pub(crate) report: LoadReport,
    pub(crate) raw: RecordBatch,
    /// Declared columns of every row, cells joined by `|`, null as `∅`.
    pub(crate) rows: Vec<String>,
    /// `file:line: reason: raw line`.
    pub(crate) bad_rows: Vec<String>,
    /// The same in the order they came out.
    pub(crate) bad_rows_as_written: Vec<String>,
    /// `file:line: column: raw value: rule`.
    pub(crate) bad_cells: Vec<String>,
}

impl World {
    pub(crate) fn new(columns: &[(&str, &str)]) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            files: Vec::new(),
            source: source(columns),
            threads: 2,
            batch_rows: 8192,
        }
    }

    pub(crate) fn column(mut self, name: &str, change: impl FnOnce(&mut Column)) -> Self {
        let found = self.source.columns.iter_mut().find(|column| column.name == name);
        change(found.expect("a declared column"));
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Source)) -> Self {
        change(&mut self.source);
        self
    }

    pub(crate) fn file(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.folder.path().join(name), content).unwrap();
        self.files.push(name.to_owned());
        self
    }

    /// A file that lies beside those of the source.
    pub(crate) fn beside(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.folder.path().join(name), content).unwrap();
        self
    }

    /// A file whose path names a day.
    pub(crate) fn dated(self, day: &str, content: impl AsRef<[u8]>) -> Self {
        let number = self.files.len();
        let mut world = self.beside(&format!("{number} {day}.csv"), content);
        world.files.push(format!("{number} {{date:YYYY-MM-DD}}.csv"));
        world
    }

    /// A file in a folder, found by a pattern of its name.
    pub(crate) fn folder(
        mut self,
        folder: &str,
        pattern: &str,
        name: &str,
        content: impl AsRef<[u8]>,
    ) -> Self {
        fs::create_dir_all(self.folder.path().join(folder)).unwrap();
        self.files.push(format!("{folder}/{pattern}"));
        self.beside(&format!("{folder}/{name}"), content)
    }

    pub(crate) fn scratch(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) fn try_load(&self) -> Result<Loaded> {
        let (rows, bad_rows, bad_cells) =
            (Collected::default(), Collected::default(), Collected::default());
        let sinks = Sinks { rows: &rows, bad_rows: &bad_rows, bad_cells: &bad_cells };
        let options = LoadOptions {
            threads: self.threads,
            batch_rows: self.batch_rows,
            scratch: self.scratch(),
        };
        let mut files: Vec<InputFile> = Vec::new();
        for name in &self.files {
            let one = Source { path: name.clone(), ..self.source.clone() };
            files.extend(discovered(&one, self.folder.path())?.files);
        }
        let report = load(&self.source, &files, sinks, &options)?;
        for file in &report.files {
            assert!(file.books.close(), "{file:?}");
        }
        let raw = concat_batches(&raw_schema(&self.source), &rows.0.into_inner()).unwrap();
        assert_eq!(raw.num_rows() as u64, report.books.rows_loaded);
        let declared = raw.project(&(0..self.source.columns.len()).collect::<Vec<_>>()).unwrap();
        let bad_rows = concat_batches(&bad_rows_schema(), &bad_rows.0.into_inner()).unwrap();
        let bad_cells = concat_batches(&bad_cells_schema(), &bad_cells.0.into_inner()).unwrap();
        assert_eq!(bad_rows.num_rows() as u64, report.books.rows_quarantined);
        assert_eq!(bad_cells.num_rows() as u64, report.books.cells_nulled);
        Ok(Loaded {
            rows: printed(&declared, "|"),
            bad_rows: sorted(located(&bad_rows)),
            bad_rows_as_written: located(&bad_rows),
            bad_cells: sorted(located(&bad_cells)),
            raw,
            report,
        })
    }

    pub(crate) fn load(&self) -> Loaded {
        self.try_load().unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn error(&self) -> Error {
        self.try_load().map(|loaded| loaded.report).expect_err("a fault stops the load")
    }
}

/// A header of so many rows, which names the columns in the first.
pub(crate) fn header(rows: u32) -> Names {
    Names::Header { rows, join: None }
}

pub(crate) fn discovered(source: &Source, folder: &Path) -> Result<Discovered> {
    let storage = Storage::new(folder);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(discover(source, &storage))
}

fn printed(batch: &RecordBatch, separator: &str) -> Vec<String> {
    let options = FormatOptions::default().with_null("∅");
    let columns: Vec<ArrayFormatter> = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column, &options).unwrap())
        .collect();
    (0..batch.num_rows())
        .map(|row| {
            let cells: Vec<String> =
                columns.iter().map(|column| column.value(row).to_string()).collect();
            cells.join(separator)
        })
        .collect()
}

fn located(batch: &RecordBatch) -> Vec<String> {
    // source, file and line come first.
    let places = printed(&batch.project(&[1, 2]).unwrap(), ":");
    let rest: Vec<usize> = (3..batch.num_columns()).collect();
    places
        .into_iter()
        .zip(printed(&batch.project(&rest).unwrap(), ": "))
        .map(|(place, rest)| format!("{place}: {rest}"))
        .collect()
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// A column as a pipeline without further settings resolves it.
pub(crate) fn column(name: &str, column_type: &str) -> Column {
    Column::new(name, column_type.parse().unwrap())
}

fn source(columns: &[(&str, &str)]) -> Source {
    let columns = columns.iter().map(|(name, of)| column(name, of)).collect();
    Source { max_bad_ratio: 1.0, ..Source::new("shop", "exports/*", Format::Csv, columns) }
}
