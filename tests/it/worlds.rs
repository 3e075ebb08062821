//! The shipped pipelines on their bundled synthetic worlds: each runs, has nothing left to do, and its
//! marts answer the questions of `truth/figures.json` as the world's generator
//! (`tests/tools/worlds`) counted them while it simulated.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex},
};

use datafusion::arrow::datatypes::Schema;
use journeymart::run::project::{Project, ProjectOptions};
use serde::Deserialize;
use serde_json::Value;

use crate::program::program;

/// Every shipped pipeline.
pub(crate) const PIPELINES: [&str; 5] =
    ["customer_journey", "cdnow", "webshop", "b2b_sales", "streaming"];

/// Those whose world has a truth of questions and answers.
pub(crate) const WORLDS: [&str; 3] = ["webshop", "b2b_sales", "streaming"];

/// Folders are kept small enough to be looked at.
const WORLD_BYTES: u64 = 300_000;

/// A project with one shipped pipeline that has run.
#[derive(Debug, Clone)]
pub(crate) struct Published {
    pub(crate) dir: PathBuf,
    pipeline: String,
}

impl Published {
    fn journeymart(&self, command: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = program(&self.dir)
            .env("MARTS", "marts")
            .args([command, &self.pipeline])
            .args(arguments)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// Whether it publishes a mart.
    pub(crate) fn has(&self, mart: &str) -> bool {
        self.dir.join(format!("marts/{mart}.parquet")).exists()
    }

    /// Answers a query: from what is published where it asks for marts alone.
    pub(crate) fn query(&self, sql: &str) -> Vec<Vec<Value>> {
        let tables = ["inbound.", "core.", "journeys.", "segments."];
        let computed = tables.iter().any(|schema| sql.contains(&format!(" {schema}")));
        let published = if computed { "--quiet" } else { "--published" };
        let (code, stdout, stderr) =
            self.journeymart("query", &[published, "--output", "json", sql]);
        assert_eq!(code, Some(0), "{sql}\n{stderr}");
        let rows: Vec<serde_json::Map<String, Value>> = serde_json::from_str(&stdout).unwrap();
        rows.into_iter().map(|row| row.into_iter().map(|(_, value)| value).collect()).collect()
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a shipped pipeline in a project that holds nothing else, once for all tests.
pub(crate) fn published(name: &str) -> Published {
    static PUBLISHED: LazyLock<Mutex<BTreeMap<String, Published>>> = LazyLock::new(Mutex::default);
    let mut known = PUBLISHED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    known.entry(name.to_owned()).or_insert_with(|| publish(name)).clone()
}

fn publish(name: &str) -> Published {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("worlds").join(name);
    drop(fs::remove_dir_all(&dir));
    for below in ["pipelines", "tests/data/cdnow"] {
        for entry in walkdir::WalkDir::new(root().join(below)) {
            let path = entry.unwrap().into_path();
            let to = dir.join(path.strip_prefix(root()).unwrap());
            if path.is_file() {
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::copy(&path, &to).unwrap();
            }
        }
    }
    let published = Published { dir, pipeline: format!("pipelines/{name}.yaml") };
    let (code, stdout, stderr) = published.journeymart("run", &[]);
    assert_eq!(code, Some(0), "{name}: {stdout}{stderr}");
    let (code, stdout, stderr) = published.journeymart("run", &[]);
    assert_eq!(code, Some(0), "{name}: {stderr}");
    assert!(stdout.contains("nothing to do"), "{name}: {stdout}");
    published
}

/// The columns of every table that a shipped pipeline has.
pub(crate) fn tables(pipeline: &str) -> BTreeMap<String, Vec<String>> {
    let options = ProjectOptions {
        pipeline: Some(root().join(format!("pipelines/{pipeline}.yaml"))),
        ..ProjectOptions::default()
    };
    let project = Project::open(&options).unwrap();
    let (schemas, _) = project.catalog.check(&project.planner().unwrap().state()).finish().unwrap();
    let names =
        |schema: &Schema| schema.fields().iter().map(|field| field.name().clone()).collect();
    schemas.into_iter().map(|(table, schema)| (table.to_string(), names(&schema))).collect()
}

/// A question to the marts and the rows that must come back, in any order.
#[derive(Debug, Deserialize)]
pub(crate) struct Figure {
    what: String,
    pub(crate) sql: String,
    rows: Vec<Vec<Value>>,
}

pub(crate) fn figures(name: &str) -> Vec<Figure> {
    let file = root().join(format!("pipelines/{name}/truth/figures.json"));
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// Numbers, and amounts that are written as text, with nine decimals.
fn cell(value: &Value) -> String {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    match (number, value) {
        (Some(number), _) => format!("{number:.9}"),
        (None, Value::String(text)) => text.clone(),
        (None, value) => value.to_string(),
    }
}

fn sorted(rows: &[Vec<Value>]) -> Vec<String> {
    let mut lines: Vec<String> =
        rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" | ")).collect();
    lines.sort();
    lines
}

#[track_caller]
fn answers_as_counted(name: &str) {
    let published = published(name);
    let figures = figures(name);
    assert!(!figures.is_empty());
    let mut wrong = Vec::new();
    for figure in figures {
        assert!(!figure.rows.is_empty(), "{}: a question without an answer", figure.what);
        let (found, expected) = (sorted(&published.query(&figure.sql)), sorted(&figure.rows));
        if found != expected {
            let only = |these: &[String], those: &[String]| -> Vec<String> {
                let rest = these.iter().filter(|row| !those.contains(row));
                rest.take(5).cloned().collect()
            };
            wrong.push(format!(
                "{}\n  {} rows, expected {}\n  found    {:#?}\n  expected {:#?}",
                figure.what,
                found.len(),
                expected.len(),
                only(&found, &expected),
                only(&expected, &found)
            ));
        }
    }
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
}

#[test]
fn webshop_answers_as_its_world_was_counted() {
    answers_as_counted("webshop");
}

#[test]
fn b2b_sales_answers_as_its_world_was_counted() {
    answers_as_counted("b2b_sales");
}

#[test]
fn streaming_answers_as_its_world_was_counted() {
    answers_as_counted("streaming");
}

#[test]
fn worlds_are_small_and_say_that_they_are_made_up() {
    for name in WORLDS {
        let folder = root().join("pipelines").join(name);
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        assert!(readme.lines().next().unwrap().ends_with("world (synthetic)"), "{name}");
        let files = walkdir::WalkDir::new(&folder).into_iter().map(|entry| entry.unwrap());
        let bytes: u64 =
            files.filter(|f| f.path().is_file()).map(|f| f.metadata().unwrap().len()).sum();
        assert!(bytes < WORLD_BYTES, "{name} has grown to {bytes} bytes");
    }
}

#[test]
fn every_table_has_rows_in_some_shipped_pipeline() {
    let mut empty = BTreeSet::new();
    let mut filled = BTreeSet::new();
    for pipeline in PIPELINES {
        let known: Vec<String> = tables(pipeline)
            .into_keys()
            .filter(|table| !filled.contains(table))
            .filter(|table| {
                let schema = table.split_once('.').unwrap().0;
                ["inbound", "core", "journeys", "segments", "marts"].contains(&schema)
            })
            .collect();
        let counts: Vec<String> = known
            .iter()
            .map(|table| format!("select '{table}' as name, count(*) as row_count from {table}"))
            .collect();
        empty.extend(known);
        for row in published(pipeline).query(&counts.join(" union all ")) {
            if row[1] != 0 {
                let name = row[0].as_str().unwrap().to_owned();
                empty.remove(&name);
                filled.insert(name);
            }
        }
    }
    assert!(empty.is_empty(), "no shipped pipeline has rows in {empty:#?}");
}
