/*!
Loading one source: from the cache if its files were parsed before, else from the files, which the
next run is then spared.
*/

use std::sync::Arc;

use chrono::DateTime;
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use parking_lot::Mutex;

use super::{artifacts::SourceResult, cache::Cache};
use crate::{
    config::source::Source,
    engine::{Engine, StoredTable, TableWriter, errors, store::PartWriter},
    error::Result,
    fingerprint::Fingerprint,
    sources::{self, BatchSink, InputFile, LoadOptions, Sinks},
};

/// A loaded source.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) rows: Arc<StoredTable>,
    pub(crate) aside: Aside,
}

/// What did not become rows, and the books over everything that was read.
#[derive(Debug, Clone)]
pub(crate) struct Aside {
    pub(crate) bad_rows: Arc<StoredTable>,
    pub(crate) bad_cells: Arc<StoredTable>,
    pub(crate) books: SourceResult,
}

/// The tables of a cached source.
const TABLES: [&str; 3] = ["rows", "bad_rows", "bad_cells"];

pub(crate) async fn load(engine: &Engine, source: &Source, files: &[InputFile]) -> Result<Loaded> {
    let schemas =
        [sources::raw_schema(source), sources::bad_rows_schema(), sources::bad_cells_schema()];
    let sinks = [0, 1, 2].map(|index| {
        Sink::new(
            &engine
                .loader(&format!("{} {}", source.name, TABLES[index]), Arc::clone(&schemas[index])),
        )
    });
    let options = LoadOptions {
        threads: engine.options().threads,
        batch_rows: engine.options().batch_size,
        scratch: engine.options().spill_dir.clone(),
    };
    let report = tokio::task::block_in_place(|| {
        let sinks = Sinks { rows: &sinks[0], bad_rows: &sinks[1], bad_cells: &sinks[2] };
        sources::load(source, files, sinks, &options)
    })?;
    let [rows, bad_rows, bad_cells] = sinks.map(|sink| sink.finish().map(Arc::new));
    let books = SourceResult {
        source: source.name.clone(),
        files: files.len() as u64,
        rows_read: report.books.rows_read,
        rows_loaded: report.books.rows_loaded,
        rows_quarantined: report.books.rows_quarantined,
        rows_filtered: report.books.rows_filtered,
        rows_superseded: report.books.rows_superseded,
        cells_nulled: report.books.cells_nulled,
        labels: report.labels.into_iter().collect(),
        nulls: report.nulls.into_iter().collect(),
        newest_at: report.newest.and_then(DateTime::from_timestamp_micros),
        drift: report.drift,
        undeclared: Some(report.undeclared),
        expectations: Vec::new(),
    };
    let aside = Aside { bad_rows: bad_rows?, bad_cells: bad_cells?, books };
    Ok(Loaded { rows: rows?, aside })
}

/// Keeps what was loaded.
pub(crate) fn keep(cache: &Cache, fingerprint: &Fingerprint, loaded: &Loaded) -> Result<()> {
    let Loaded { rows, aside } = loaded;
    let tables = [rows.as_ref(), &aside.bad_rows, &aside.bad_cells];
    let tables: Vec<_> = TABLES.into_iter().zip(tables).collect();
    cache.put(fingerprint, &tables, &aside.books)
}

/// What an earlier run loaded from the same content.
pub(crate) fn cached(cache: &Cache, source: &Source, fingerprint: &Fingerprint) -> Option<Loaded> {
    let schemas = [
        (TABLES[0], sources::raw_schema(source)),
        (TABLES[1], sources::bad_rows_schema()),
        (TABLES[2], sources::bad_cells_schema()),
    ];
    let (tables, books) = cache.get::<SourceResult>(fingerprint, &schemas)?;
    let [rows, bad_rows, bad_cells] = <[StoredTable; 3]>::try_from(tables).ok()?.map(Arc::new);
    Some(Loaded { rows, aside: Aside { bad_rows, bad_cells, books } })
}

/// The rows of `quarantine.books`: one per source, nothing about its files.
pub(crate) fn books(of: &[&SourceResult]) -> Result<RecordBatch> {
    let count = |value: fn(&SourceResult) -> u64| -> ArrayRef {
        Arc::new(of.iter().map(|books| i64::try_from(value(books)).ok()).collect::<Int64Array>())
    };
    let sources: StringArray = of.iter().map(|books| Some(books.source.as_str())).collect();
    RecordBatch::try_from_iter([
        ("source", Arc::new(sources) as ArrayRef),
        ("rows_read", count(|books| books.rows_read)),
        ("rows_loaded", count(|books| books.rows_loaded)),
        ("rows_quarantined", count(|books| books.rows_quarantined)),
        ("rows_filtered", count(|books| books.rows_filtered)),
        ("rows_superseded", count(|books| books.rows_superseded)),
        ("cells_nulled", count(|books| books.cells_nulled)),
    ])
    .map_err(|error| errors::convert(&error.into()))
}

/// Lets the loader's threads write into one intermediate table. Rows that go to disk are compressed
/// one after the other.
struct Sink {
    table: TableWriter,
    part: Mutex<PartWriter>,
}

impl Sink {
    fn new(table: &TableWriter) -> Self {
        Self { part: Mutex::new(table.part()), table: table.clone() }
    }

    fn finish(self) -> Result<StoredTable> {
        self.part.into_inner().finish()?;
        self.table.finish()
    }
}

impl BatchSink for Sink {
    fn write(&self, batch: RecordBatch) -> Result<()> {
        self.part.lock().write(batch)
    }
}
