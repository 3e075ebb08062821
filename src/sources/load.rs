/*!
From the files of a source to its rows: what a caller asks for, and what it learns.
*/

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

use datafusion::arrow::array::RecordBatch;
use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use crate::{config::source::Source, error::Result};

use super::{
    books::{Books, check_books, check_budget},
    drift::{Drifted, Seen, judge},
    files::InputFile,
    latest::Latest,
    ordered::Ordered,
    parallel::load_files,
    schema::{bad_cells_schema, bad_rows_schema, raw_schema},
    windows::Windows,
};

/// Takes batches; several threads may write at once.
pub trait BatchSink: Send + Sync {
    fn write(&self, batch: RecordBatch) -> Result<()>;
}

impl<T: BatchSink + ?Sized> BatchSink for &T {
    fn write(&self, batch: RecordBatch) -> Result<()> {
        (**self).write(batch)
    }
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
    /// The folder for intermediate files.
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
    /// Empty cells of each column, in the rows that were not quarantined.
    pub nulls: Vec<u64>,
    /// The newest moment in the column that `freshness` is about, in microseconds since 1970.
    pub newest: Option<i64>,
    /// What the file holds, or each of its members or sheets, by name.
    pub seen: IndexMap<String, Seen>,
}

/// What became of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LoadReport {
    pub files: Vec<FileReport>,
    pub books: Books,
    /// The further header rows of all files: column, distinct texts in the order they were met.
    pub labels: Vec<(String, Vec<String>)>,
    /// Empty cells by column, in the rows that were not quarantined.
    pub nulls: Vec<(String, u64)>,
    /// The newest moment in the column that `freshness` is about, in microseconds since 1970.
    pub newest: Option<i64>,
    /// How the columns of the files differ.
    pub drift: Vec<Drifted>,
    /// Columns of the files that the source does not declare, with the first file of each.
    pub undeclared: BTreeMap<String, String>,
}

/// Where the rows of several files go, each for itself.
pub trait Outputs: Sync {
    fn sinks(&self, file: usize) -> Sinks<'_>;

    /// Everything of this file has been written.
    fn finished(&self, file: usize, report: &FileReport) -> Result<()>;
}

/// Loads the files of a source: the latest version of every record, quarantine, books.
///
/// The order of rows depends on their content alone: with a `key` on the key; without one on the
/// content of the files and the lines within.
pub fn load(
    source: &Source,
    files: &[InputFile],
    sinks: Sinks,
    options: &LoadOptions,
) -> Result<LoadReport> {
    let mut files: Vec<InputFile> = files.to_vec();
    files.sort_by(|one, other| (&one.content_id, &one.path).cmp(&(&other.content_id, &other.path)));
    let ordered = |out, schema| Ordered::new(out, schema, files.len(), options.scratch.clone());
    let bad_rows = ordered(sinks.bad_rows, bad_rows_schema());
    let bad_cells = ordered(sinks.bad_cells, bad_cells_schema());
    let windows = Windows::of(source, &files, options);
    let latest = match source.key.is_empty() && !source.distinct {
        true => None,
        false => Some(Latest::new(source, options)?),
    };
    let rows = ordered(sinks.rows, raw_schema(source));
    let mut outputs =
        InOrder::new(files.len(), &bad_rows, &bad_cells, |place| match (&windows, &latest) {
            (Some(windows), _) => Box::new(windows.file(place)),
            (None, Some(latest)) => Box::new(latest),
            (None, None) => Box::new(Lane { ordered: &rows, place }),
        });
    outputs.ordered.push(&rows);
    let mut reports = load_files(source, &files, &outputs, options)?;
    drop(outputs);
    if let Some(windows) = windows {
        let next: &dyn BatchSink = latest.as_ref().map_or(sinks.rows, |latest| latest);
        for (report, replaced) in reports.iter_mut().zip(windows.finish(next)?) {
            report.filter(replaced);
        }
    }
    if let Some(latest) = latest {
        let mut places: HashMap<String, usize> = HashMap::new();
        places.extend(reports.iter().enumerate().map(|(at, report)| (report.file.clone(), at)));
        for (file, dropped) in latest.finish(sinks.rows)? {
            // The rows of an archive call its members their file.
            let archives = file.rmatch_indices('!').map(|(end, _)| &file[..end]);
            let names = std::iter::once(file.as_str()).chain(archives);
            if let Some(at) = names.into_iter().find_map(|name| places.get(name)) {
                reports[*at].supersede(dropped.superseded);
                reports[*at].filter(dropped.deleted);
            }
        }
    }
    reports.sort_by(|one, other| one.file.cmp(&other.file));
    finish(source, reports)
}

/// Types one file; versions of records are left to [`Latest`].
pub fn load_file(
    source: &Source,
    file: &InputFile,
    sinks: Sinks,
    options: &LoadOptions,
) -> Result<FileReport> {
    let mut reports = load_files(source, std::slice::from_ref(file), &Together(sinks), options)?;
    Ok(reports.pop().unwrap_or_default())
}

/// All files into the same sinks.
struct Together<'a>(Sinks<'a>);

impl Outputs for Together<'_> {
    fn sinks(&self, _file: usize) -> Sinks<'_> {
        self.0
    }

    fn finished(&self, _file: usize, _report: &FileReport) -> Result<()> {
        Ok(())
    }
}

/// Outputs that keep the order of the files. Rows may bring an order of their own.
struct InOrder<'a> {
    files: Vec<FileSinks<'a>>,
    ordered: Vec<&'a Ordered<'a>>,
}

struct FileSinks<'a> {
    rows: Box<dyn BatchSink + 'a>,
    bad_rows: Lane<'a>,
    bad_cells: Lane<'a>,
}

/// One file's part of an ordered output.
struct Lane<'a> {
    ordered: &'a Ordered<'a>,
    place: usize,
}

impl<'a> InOrder<'a> {
    fn new(
        files: usize,
        bad_rows: &'a Ordered<'a>,
        bad_cells: &'a Ordered<'a>,
        rows: impl Fn(usize) -> Box<dyn BatchSink + 'a>,
    ) -> Self {
        let sinks = |place| FileSinks {
            rows: rows(place),
            bad_rows: Lane { ordered: bad_rows, place },
            bad_cells: Lane { ordered: bad_cells, place },
        };
        Self { files: (0..files).map(sinks).collect(), ordered: vec![bad_rows, bad_cells] }
    }
}

impl BatchSink for Lane<'_> {
    fn write(&self, batch: RecordBatch) -> Result<()> {
        self.ordered.write(self.place, batch)
    }
}

impl Outputs for InOrder<'_> {
    fn sinks(&self, file: usize) -> Sinks<'_> {
        let FileSinks { rows, bad_rows, bad_cells } = &self.files[file];
        Sinks { rows: rows.as_ref(), bad_rows, bad_cells }
    }

    fn finished(&self, file: usize, _report: &FileReport) -> Result<()> {
        self.ordered.iter().try_for_each(|ordered| ordered.finish(file))
    }
}

impl FileReport {
    /// Some of the rows turned out to be older versions.
    pub fn supersede(&mut self, rows: u64) {
        self.books.rows_loaded -= rows;
        self.books.rows_superseded += rows;
    }

    /// A part of the file was seen to hold this.
    pub(crate) fn see(&mut self, part: &str, seen: Seen) {
        self.seen.entry(part.to_owned()).or_default().merge(seen);
    }

    /// Some of the rows turned out not to count.
    pub fn filter(&mut self, rows: u64) {
        self.books.rows_loaded -= rows;
        self.books.rows_filtered += rows;
    }
}

/// Sums the books up, and fails where they do not close or the budget is exceeded.
pub fn finish(source: &Source, files: Vec<FileReport>) -> Result<LoadReport> {
    let mut books = Books::default();
    let mut nulls: Vec<(String, u64)> =
        source.columns.iter().map(|column| (column.name.clone(), 0)).collect();
    for report in &files {
        check_books(&report.file, &report.books)?;
        books += report.books;
        nulls.iter_mut().zip(&report.nulls).for_each(|((_, sum), nulls)| *sum += nulls);
    }
    let newest = files.iter().filter_map(|report| report.newest).max();
    let example = files.iter().find_map(|report| report.example.as_deref());
    check_budget(source, &books, example)?;
    let labels = labels(&files);
    let seen: BTreeMap<&str, &Seen> = files
        .iter()
        .flat_map(|file| file.seen.iter().map(|(part, seen)| (part.as_str(), seen)))
        .collect();
    let drift = judge(source, &seen.iter().map(|(part, seen)| (*part, *seen)).collect::<Vec<_>>())?;
    let mut undeclared = BTreeMap::new();
    for (part, seen) in &seen {
        for column in &seen.undeclared {
            undeclared.entry(column.clone()).or_insert_with(|| (*part).to_owned());
        }
    }
    Ok(LoadReport { files, books, labels, nulls, newest, drift, undeclared })
}

fn labels(files: &[FileReport]) -> Vec<(String, Vec<String>)> {
    let mut merged: IndexMap<&String, IndexSet<&String>> = IndexMap::new();
    for (column, labels) in files.iter().flat_map(|file| &file.labels) {
        merged.entry(column).or_default().extend(labels);
    }
    merged
        .into_iter()
        .map(|(column, labels)| (column.clone(), labels.into_iter().cloned().collect()))
        .collect()
}
