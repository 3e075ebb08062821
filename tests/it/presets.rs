//! Every shipped preset against exports in its vendor's layout.
//!
//! `tests/presets/<preset>/<case>.yaml` names a file beside it (synthetic rows in the real layout) or
//! a sample (a real export, read where it is at hand), and says what loading it must come to: the
//! books, what is set aside, and the rows of every contract that the preset feeds. Each place that an
//! assertion was read from stands under `sources`; a preset is listed as verified by just those.
//!
//! All cases are sources of one pipeline. `PRESET=hubspot` runs the cases of presets named so.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray},
        compute::{cast, concat_batches, filter_record_batch},
        datatypes::{DataType, SchemaRef},
    },
    catalog::MemTable,
    physical_plan::common::collect,
    prelude::SessionContext,
};
use indexmap::IndexMap;
use journeymart::{
    catalog::{Kind, Library, Node, TableName},
    checks::rows::{Row, difference},
    config::{
        preset::Preset,
        source::{Source, SourceConfig},
        yaml,
    },
    engine::{Engine, errors},
    error::{Diagnostics, Severity},
    run::project::Project,
    sources::{
        self, LoadOptions, LoadReport, Sinks, bad_cells_schema, bad_rows_schema, raw_schema,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::sources::{Collected, samples};

/// What a file of `tests/presets` says.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    /// What the case shows.
    description: String,
    /// A file beside the case, or a pattern.
    file: Option<String>,
    /// A file among the samples.
    sample: Option<String>,
    /// Keys of the source, laid over the preset's.
    #[serde(default)]
    source: SourceConfig,
    /// Rows by what became of them; absent where loading fails.
    books: Option<Books>,
    /// Part of the message that loading fails with.
    error: Option<String>,
    /// Rows by the contract they belong to, or by a question to them. Tables of a question are the
    /// contracts, and `raw`, `bad_rows`, `bad_cells` and `labels` of the source itself.
    #[serde(default)]
    expect: IndexMap<String, Vec<Row>>,
    /// Where the expectations were read: a page or `sample: <file>`, and what it says.
    #[serde(default)]
    sources: IndexMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Books {
    read: u64,
    loaded: u64,
    #[serde(default)]
    quarantined: u64,
    #[serde(default)]
    filtered: u64,
    #[serde(default)]
    superseded: u64,
    #[serde(default)]
    nulled: u64,
}

struct Case {
    preset: String,
    /// The name of its source.
    name: String,
    path: PathBuf,
    content: CaseFile,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn folder() -> PathBuf {
    root().join("tests/presets")
}

fn presets() -> BTreeMap<String, Preset> {
    let library = Library::standard().unwrap();
    let names = library.preset_names(&root()).unwrap();
    let read = |name: String| {
        let (file, text) = library.preset(&root(), &name).unwrap().unwrap();
        let preset = Preset::read(&file, &text).unwrap_or_else(|error| panic!("{error}"));
        (name, preset)
    };
    names.into_iter().map(read).collect()
}

fn cases() -> Vec<Case> {
    let mut paths: Vec<PathBuf> = walkdir::WalkDir::new(folder())
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    paths.iter().map(|path| case(path)).collect()
}

fn case(path: &Path) -> Case {
    let shown = path.strip_prefix(root()).unwrap().display().to_string();
    let text: Arc<str> = fs::read_to_string(path).unwrap().into();
    let mut found = Diagnostics::default();
    let read = yaml::read::<CaseFile>(&*shown, &text, 0..text.len(), &mut found);
    found.finish().unwrap_or_else(|error| panic!("{error}"));
    let (content, _) = read.unwrap();
    let preset = path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    let stem = path.file_stem().unwrap().to_string_lossy();
    Case { name: format!("{preset}__{stem}"), preset, path: path.to_owned(), content }
}

impl Case {
    /// The export; none where it is a sample that is not at hand.
    fn export(&self) -> Option<String> {
        match (&self.content.file, &self.content.sample) {
            (Some(file), None) => {
                Some(self.path.with_file_name(file).to_string_lossy().into_owned())
            }
            (None, Some(sample)) => {
                samples::path(sample).map(|path| path.to_string_lossy().into_owned())
            }
            _ => panic!("{}: a case has either a `file` or a `sample`", self.path.display()),
        }
    }

    fn source(&self, export: &str) -> Value {
        let mut source = said(json!(self.content.source));
        source["preset"] = json!(self.preset);
        source["path"] = json!(export);
        if source["namespace"].is_null() {
            source["namespace"] = json!("acme");
        }
        source
    }
}

/// A value without the keys that say nothing.
fn said(value: Value) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(keys) => keys.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(keys) => {
            let keys = keys.into_iter().map(|(key, value)| (key, said(value)));
            Value::Object(keys.filter(|(_, value)| !is_empty(value)).collect())
        }
        value => value,
    }
}

/// The pipeline whose sources are the cases.
fn project(cases: &[(Case, String)], work: &Path) -> Project {
    let sources: Map<String, Value> =
        cases.iter().map(|(case, export)| (case.name.clone(), case.source(export))).collect();
    let pipeline = json!({
        "version": 1,
        "pipeline": "presets",
        "timezone": "Europe/Amsterdam",
        "currency": "EUR",
        "params": {"as_of_date": {"type": "date", "default": "2026-06-30"}},
        "locations": {"work": work},
        "sources": sources,
    });
    Project::of_text(&root(), "tests/presets", &pipeline.to_string())
        .unwrap_or_else(|error| panic!("{error}"))
}

/// A source's rows and what was set aside.
struct Loaded {
    report: LoadReport,
    raw: RecordBatch,
    bad_rows: RecordBatch,
    bad_cells: RecordBatch,
}

fn load(project: &Project, source: &Source, scratch: &Path) -> Result<Loaded, String> {
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
    let whole = |schema: SchemaRef, rows: Collected| concat_batches(&schema, &rows.0.into_inner());
    Ok(Loaded {
        report,
        raw: whole(raw_schema(source), rows).unwrap(),
        bad_rows: whole(bad_rows_schema(), bad_rows).unwrap(),
        bad_cells: whole(bad_cells_schema(), bad_cells).unwrap(),
    })
}

impl Loaded {
    fn books(&self) -> Books {
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
    fn labels(&self) -> RecordBatch {
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
fn of_source(rows: &RecordBatch, source: &str) -> RecordBatch {
    let ids = rows.column_by_name("source_id").unwrap();
    let ids = ids.as_any().downcast_ref::<StringArray>().unwrap();
    let own: BooleanArray = ids.iter().map(|id| Some(id == Some(source))).collect();
    filter_record_batch(rows, &own).unwrap()
}

fn table(rows: &RecordBatch) -> Arc<MemTable> {
    Arc::new(MemTable::try_new(rows.schema(), vec![vec![rows.clone()]]).unwrap())
}

/// Every contract's rows, from all loaded sources.
async fn contracts(project: &Project, loaded: &IndexMap<String, Loaded>) -> Contracts {
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

type Contracts = BTreeMap<TableName, RecordBatch>;

async fn computed(engine: &Engine, node: &Node) -> RecordBatch {
    let rows = async {
        let plan = engine.plan(node.statement().unwrap()).await?;
        let stream = engine.stream(&plan).await?;
        let schema = stream.schema();
        let batches = collect(stream).await.map_err(|error| errors::convert(&error))?;
        concat_batches(&schema, &batches).map_err(|error| errors::convert(&error.into()))
    };
    rows.await.unwrap_or_else(|error| panic!("{} of {}: {error}", node.name, node.file))
}

/// What a case expects and what came, as lines.
async fn compare(case: &Case, loaded: &Loaded, contracts: &Contracts, fed: &[String]) -> String {
    let mut lines = String::new();
    let books = loaded.books();
    if case.content.books.as_ref() != Some(&books) {
        lines += &format!("books: {books:?}\n  expected {:?}\n", case.content.books);
        for (what, set_aside) in [("row", &loaded.bad_rows), ("cell", &loaded.bad_cells)] {
            if set_aside.num_rows() > 0 {
                let shown = datafusion::arrow::util::pretty::pretty_format_batches(
                    std::slice::from_ref(set_aside),
                );
                lines += &format!("bad {what}s:\n{}\n", shown.unwrap());
            }
        }
    }
    let context = SessionContext::new();
    for (name, rows) in [
        ("raw", loaded.raw.clone()),
        ("bad_rows", loaded.bad_rows.clone()),
        ("bad_cells", loaded.bad_cells.clone()),
        ("labels", loaded.labels()),
    ] {
        context.register_table(name, table(&rows)).unwrap();
    }
    for contract in fed {
        let rows = of_source(&contracts[&TableName::new("inbound", contract)], &case.name);
        context.register_table(contract, table(&rows)).unwrap();
    }
    for (of, expected) in &case.content.expect {
        let question = if of.starts_with("select ") { of.clone() } else { rows_of(of, expected) };
        let rows = async {
            let frame = context.sql(&question).await?;
            let schema = Arc::new(frame.schema().as_arrow().clone());
            Ok::<_, datafusion::error::DataFusionError>(
                concat_batches(&schema, &frame.collect().await?).map(|rows| plain(&rows))?,
            )
        };
        match rows.await {
            Ok(rows) => match difference(expected, &rows) {
                Ok(found) if found.is_empty() => {}
                Ok(found) => lines += &format!("{of}:\n{found}\n"),
                Err(wrong) => lines += &format!("{of}: {wrong}\n"),
            },
            Err(error) => lines += &format!("{of}: {error}\n"),
        }
    }
    lines
}

/// Rows in the order of the columns that the expected ones name.
fn rows_of(contract: &str, expected: &[Row]) -> String {
    let columns: Vec<String> = expected
        .first()
        .into_iter()
        .flat_map(Row::keys)
        .map(|name| format!("\"{name}\""))
        .collect();
    match columns.as_slice() {
        [] => format!("select * from {contract}"),
        _ => format!("select * from {contract} order by {}", columns.join(", ")),
    }
}

/// Text as plain arrays, whatever DataFusion chose.
fn plain(rows: &RecordBatch) -> RecordBatch {
    let schema = rows.schema();
    let columns = schema.fields().iter().zip(rows.columns()).map(|(field, column)| {
        let column = match field.data_type() {
            DataType::Utf8View | DataType::LargeUtf8 => cast(column, &DataType::Utf8).unwrap(),
            _ => Arc::clone(column),
        };
        (field.name().clone(), column)
    });
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)))
        .unwrap()
}

#[test]
fn every_case_comes_out_as_written_down() {
    let wanted = env::var("PRESET").unwrap_or_default();
    let cases: Vec<(Case, String)> = cases()
        .into_iter()
        .filter(|case| case.preset.contains(&wanted))
        .filter_map(|case| case.export().map(|export| (case, export)))
        .collect();
    assert!(!cases.is_empty());
    let scratch = tempfile::tempdir().unwrap();
    let mut project = project(&cases, scratch.path());
    project.engine_options.spill_dir = scratch.path().to_owned();
    let checked = project.catalog.check(&project.planner().unwrap().state());
    let faults: Vec<String> = checked
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .map(ToString::to_string)
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));

    let mut failures = Vec::new();
    let mut loaded = IndexMap::new();
    for (case, _) in &cases {
        let source = &project.pipeline.sources[&case.name];
        match (load(&project, source, scratch.path()), &case.content.error) {
            (Ok(rows), None) => {
                loaded.insert(case.name.clone(), rows);
            }
            (Ok(_), Some(_)) => failures.push(format!("{}: loads", case.path.display())),
            (Err(message), Some(part)) if message.contains(part) => {}
            (Err(message), _) => failures.push(format!("{}: {message}", case.path.display())),
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(16 << 20)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let contracts = contracts(&project, &loaded).await;
        for (case, _) in &cases {
            let Some(rows) = loaded.get(&case.name) else { continue };
            let fed = &project.pipeline.sources[&case.name].feeds;
            let lines = compare(case, rows, &contracts, fed).await;
            if !lines.is_empty() {
                failures.push(format!("{}\n{lines}", case.path.display()));
            }
        }
    });
    assert!(failures.is_empty(), "{} cases differ\n\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn presets_say_what_they_are_and_are_held_against_what_they_name() {
    let mut faults = Vec::new();
    let mut cases_of: BTreeMap<String, Vec<CaseFile>> = BTreeMap::new();
    for case in cases() {
        cases_of.entry(case.preset).or_default().push(case.content);
    }
    let presets = presets();
    for name in cases_of.keys().filter(|name| !presets.contains_key(*name)) {
        faults.push(format!("tests/presets/{name} belongs to no preset"));
    }
    for (name, preset) in &presets {
        let mut fault = |what: &str| faults.push(format!("{name}: {what}"));
        let about = &preset.about;
        if preset.source.description.is_none() || about.export.is_none() || about.tier.is_none() {
            fault("lacks `description`, `export` or `tier`");
        }
        if !about.documentation.as_ref().is_some_and(|page| page.starts_with("https://")) {
            fault("lacks a `documentation` page");
        }
        for (column, config) in &preset.source.columns {
            if config.description.is_none() {
                fault(&format!("column `{column}` lacks a description"));
            }
        }
        let cases = cases_of.get(name).map_or(&[][..], Vec::as_slice);
        if !cases.iter().any(|case| case.file.is_some()) {
            fault("has no case with a file of its own");
        }
        for contract in preset.source.feeds.iter().flat_map(|feeds| &feeds.0) {
            let rows =
                |case: &CaseFile| case.expect.get(contract).is_some_and(|rows| !rows.is_empty());
            if !cases.iter().any(rows) {
                fault(&format!("no case expects rows of `{contract}`"));
            }
        }
        let cited: BTreeSet<&String> = cases.iter().flat_map(|case| case.sources.keys()).collect();
        let claimed: BTreeSet<&String> = about.verified.iter().collect();
        if cited != claimed {
            fault(&format!("`verified` is {claimed:?}, its cases cite {cited:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn printed(arguments: &[&str]) -> String {
    let output = assert_cmd::Command::cargo_bin("journeymart")
        .unwrap()
        .current_dir(folder())
        .arg("presets")
        .args(arguments)
        .output()
        .unwrap();
    String::from_utf8(if output.status.success() { output.stdout } else { output.stderr }).unwrap()
}

#[test]
fn the_command_lists_and_shows_what_the_files_say() {
    let presets = presets();
    let listed: Vec<Value> = serde_json::from_str(&printed(&["--output", "json"])).unwrap();
    assert_eq!(listed.len(), presets.len());
    for (one, (name, preset)) in listed.iter().zip(&presets) {
        let status = if preset.about.verified.is_empty() { "unverified" } else { "verified" };
        assert_eq!((&one["name"], &one["status"]), (&json!(name), &json!(status)));
        assert_eq!(one["tier"], json!(preset.about.tier));
    }
    let shown = printed(&["show", "hubspot_merges"]);
    for part in [
        "hubspot_merges (verified, tier 1)\n",
        "\nFeeds: merges\n",
        "\n  vid_to_merge   string     Contact that was merged into it. Required. Personal data: id.\n",
        "\nsources:\n  hubspot:\n    preset: hubspot_merges\n    path: \"{exports}/hubspot_merges/*.csv\"\n",
    ] {
        assert!(shown.contains(part), "{part:?} is missing in\n{shown}");
    }
    let unknown = printed(&["show", "hubspot_merge", "--no-color"]);
    assert!(unknown.contains("did you mean `hubspot_merges`?"), "{unknown}");
}
