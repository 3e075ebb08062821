//! The sources of the cases, loaded and mapped.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray},
        compute::{concat_batches, filter_record_batch},
        datatypes::SchemaRef,
    },
    catalog::MemTable,
    physical_plan::common::collect,
};
use indexmap::IndexMap;
use journeymart::{
    catalog::{Kind, Node, TableName},
    config::source::Source,
    engine::{Engine, errors},
    run::project::Project,
    sources::{
        self, LoadOptions, LoadReport, Sinks, bad_cells_schema, bad_rows_schema, raw_schema,
    },
};

use super::case::Books;
use crate::sources::Collected;

/// A source's rows and what was set aside.
pub(super) struct Loaded {
    pub(super) report: LoadReport,
    pub(super) raw: RecordBatch,
    pub(super) bad_rows: RecordBatch,
    pub(super) bad_cells: RecordBatch,
}

pub(super) fn load(project: &Project, source: &Source, scratch: &Path) -> Result<Loaded, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let found = runtime
        .block_on(sources::discover(source, &project.storage))
        .map_err(|error| error.to_string())?;
    let (rows, bad_rows, bad_cells) =
        (Collected::default(), Collected::default(), Collected::default());
    let sinks = Sinks { rows: &rows, bad_rows: &bad_rows, bad_cells: &bad_cells };
    let options = LoadOptions { threads: 2, batch_rows: 8192, scratch: scratch.to_owned() };
    let report =
        sources::load(source, &found.files, sinks, &options).map_err(|error| error.to_string())?;
    assert!(report.files.iter().all(|file| file.books.close()), "{}", source.name);
    assert!(report.books.close(), "{}", source.name);
    let whole = |schema: SchemaRef, rows: Collected| concat_batches(&schema, &rows.0.into_inner());
    Ok(Loaded {
        report,
        raw: whole(raw_schema(source), rows).unwrap(),
        bad_rows: whole(bad_rows_schema(), bad_rows).unwrap(),
        bad_cells: whole(bad_cells_schema(), bad_cells).unwrap(),
    })
}

impl Loaded {
    pub(super) fn books(&self) -> Books {
        let books = &self.report.books;
        Books {
            read: books.rows_read,
            loaded: books.rows_loaded,
            quarantined: books.rows_quarantined,
            filtered: books.rows_filtered,
            superseded: books.rows_superseded,
            nulled: books.cells_nulled,
        }
    }

    /// The rows of a header beyond the first, by column.
    pub(super) fn labels(&self) -> RecordBatch {
        let rows: Vec<(&str, i64, &str)> = self
            .report
            .files
            .iter()
            .flat_map(|file| &file.labels)
            .flat_map(|(header, labels)| {
                (1..).zip(labels).map(move |(row, label)| (header.as_str(), row, label.as_str()))
            })
            .collect();
        let texts = |of: fn(&(&str, i64, &str)) -> String| -> ArrayRef {
            Arc::new(rows.iter().map(|row| Some(of(row))).collect::<StringArray>())
        };
        let numbers: Int64Array = rows.iter().map(|row| Some(row.1)).collect();
        RecordBatch::try_from_iter([
            ("header", texts(|row| row.0.to_owned())),
            ("header_row", Arc::new(numbers) as ArrayRef),
            ("label", texts(|row| row.2.to_owned())),
        ])
        .unwrap()
    }
}

/// The rows of a contract that came from one source.
pub(super) fn of_source(rows: &RecordBatch, source: &str) -> RecordBatch {
    let ids = rows.column_by_name("source_id").unwrap();
    let ids = ids.as_any().downcast_ref::<StringArray>().unwrap();
    let own: BooleanArray = ids.iter().map(|id| Some(id == Some(source))).collect();
    filter_record_batch(rows, &own).unwrap()
}

pub(super) fn table(rows: &RecordBatch) -> Arc<MemTable> {
    Arc::new(MemTable::try_new(rows.schema(), vec![vec![rows.clone()]]).unwrap())
}

/// Every contract's rows, from all loaded sources.
pub(super) async fn contracts(project: &Project, loaded: &IndexMap<String, Loaded>) -> Contracts {
    let engine = project.engine().unwrap();
    let mut rows = Contracts::new();
    let mut known = BTreeSet::new();
    for node in project.catalog.tables.values() {
        if let Kind::Raw { source, schema } = &node.kind {
            let empty = RecordBatch::new_empty(Arc::clone(schema));
            let raw = loaded.get(source).map_or(empty, |loaded| loaded.raw.clone());
            engine.register(&node.name.schema, &node.name.name, table(&raw)).unwrap();
            known.insert(node.name.clone());
        }
    }
    for node in project.catalog.tables.values() {
        if matches!(&node.kind, Kind::Contract { sources, .. } if !sources.is_empty()) {
            for input in project.catalog.order(std::slice::from_ref(&node.name)) {
                if known.insert(input.clone()) {
                    let batch = computed(&engine, &project.catalog.tables[&input]).await;
                    engine.register(&input.schema, &input.name, table(&batch)).unwrap();
                    rows.insert(input, batch);
                }
            }
        }
    }
    rows
}

pub(super) type Contracts = BTreeMap<TableName, RecordBatch>;

pub(super) async fn computed(engine: &Engine, node: &Node) -> RecordBatch {
    let rows = async {
        let plan = engine.plan(node.statement().unwrap()).await?;
        let stream = engine.stream(&plan).await?;
        let schema = stream.schema();
        let batches = collect(stream).await.map_err(|error| errors::convert(&error))?;
        concat_batches(&schema, &batches).map_err(|error| errors::convert(&error.into()))
    };
    rows.await.unwrap_or_else(|error| panic!("{} of {}: {error}", node.name, node.file))
}
