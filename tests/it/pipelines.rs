//! The shipped pipelines: every mapping and table plans, and loading the demo world arrives at the
//! books and the quarantine that its truth foretells.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use datafusion::arrow::{array::RecordBatch, util::display::array_value_to_string};
use journeymart::{
    error::{Result, Severity},
    run::project::{Project, ProjectOptions},
    sources::{self, BatchSink, LoadOptions, Sinks},
};
use parking_lot::Mutex;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn open(pipeline: &str) -> Project {
    let options = ProjectOptions {
        pipeline: Some(root().join(format!("pipelines/{pipeline}.yaml"))),
        ..ProjectOptions::default()
    };
    Project::open(&options).unwrap_or_else(|error| panic!("{pipeline}: {error}"))
}

#[test]
fn shipped_pipelines_plan_without_a_fault() {
    for pipeline in crate::worlds::PIPELINES {
        let mut project = open(pipeline);
        let spill = tempfile::tempdir().unwrap();
        project.engine_options.spill_dir = spill.path().to_owned();
        let checked = project.catalog.check(&project.engine().unwrap().state());
        let faults: Vec<String> = checked
            .diagnostics
            .iter()
            .filter(|found| found.severity == Severity::Error)
            .map(ToString::to_string)
            .collect();
        assert!(faults.is_empty(), "{pipeline}:\n{}", faults.join("\n"));
    }
}

#[derive(Default)]
struct Kept(Mutex<Vec<RecordBatch>>);

impl BatchSink for Kept {
    fn write(&self, batch: RecordBatch) -> Result<()> {
        self.0.lock().push(batch);
        Ok(())
    }
}

impl Kept {
    fn rows(&self) -> usize {
        self.0.lock().iter().map(RecordBatch::num_rows).sum()
    }

    /// The named columns as text, sorted; files by their last folder and name.
    fn texts(&self, columns: &[&str]) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        for batch in self.0.lock().iter() {
            for row in 0..batch.num_rows() {
                let cells = columns.iter().map(|name| {
                    let column = batch.column_by_name(name).expect("a column of that name");
                    let text = array_value_to_string(column, row).unwrap();
                    match *name {
                        "file" => below_exports(&text),
                        _ => text,
                    }
                });
                found.push(cells.collect());
            }
        }
        found.sort();
        found
    }
}

fn below_exports(path: &str) -> String {
    let mut parts: Vec<&str> = path.rsplit('/').take(2).collect();
    parts.reverse();
    parts.join("/")
}

/// Rows of a truth file by source, each with the named columns only. No cell is quoted.
fn truth(file: &str, columns: &[&str]) -> BTreeMap<String, Vec<Vec<String>>> {
    let text = fs::read_to_string(root().join("pipelines/demo/truth").join(file)).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let at = |name: &str| header.iter().position(|found| *found == name).unwrap();
    let mut rows: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for line in lines {
        let cells = columns.iter().map(|name| line[at(name)].to_owned()).collect();
        rows.entry(line[at("source")].to_owned()).or_default().push(cells);
    }
    rows.values_mut().for_each(|rows| rows.sort());
    rows
}

#[tokio::test]
async fn loading_the_demo_world_arrives_at_its_books() {
    let project = open("customer_journey");
    let books = truth(
        "books.csv",
        &[
            "rows_read",
            "rows_loaded",
            "rows_quarantined",
            "rows_filtered",
            "rows_superseded",
            "cells_nulled",
        ],
    );
    let bad_cells = truth("bad_cells.csv", &["source", "file", "line", "column", "raw_value"]);
    let bad_rows = truth("bad_rows.csv", &["source", "file", "line"]);
    let declared: Vec<&str> = project.pipeline.sources.keys().map(String::as_str).collect();
    let known: Vec<&str> = books.keys().map(String::as_str).collect();
    assert_eq!(sorted(declared), known);
    for (name, source) in &project.pipeline.sources {
        let found = sources::discover(source, &project.storage).await.unwrap();
        let (rows, rows_refused, cells) = (Kept::default(), Kept::default(), Kept::default());
        let sinks = Sinks { rows: &rows, bad_rows: &rows_refused, bad_cells: &cells };
        let scratch = tempfile::tempdir().unwrap();
        let report = sources::load(source, &found.files, sinks, &options(scratch.path()))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let counted = [
            report.books.rows_read,
            report.books.rows_loaded,
            report.books.rows_quarantined,
            report.books.rows_filtered,
            report.books.rows_superseded,
            report.books.cells_nulled,
        ];
        assert_eq!(counted.map(|count| count.to_string()).to_vec(), books[name][0], "{name}");
        assert_eq!(rows.rows() as u64, report.books.rows_loaded, "{name}");
        let none = Vec::new();
        assert_eq!(
            cells.texts(&["source", "file", "line", "column_name", "raw_value"]),
            *bad_cells.get(name).unwrap_or(&none),
            "{name}"
        );
        assert_eq!(
            rows_refused.texts(&["source", "file", "line"]),
            *bad_rows.get(name).unwrap_or(&none),
            "{name}"
        );
    }
}

fn options(scratch: &Path) -> LoadOptions {
    LoadOptions { threads: 2, batch_rows: 1_000, scratch: scratch.to_owned() }
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}
