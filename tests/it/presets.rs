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
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::RecordBatch,
        compute::{cast, concat_batches},
        datatypes::DataType,
        util::pretty::pretty_format_batches,
    },
    error::DataFusionError,
    prelude::SessionContext,
};
use indexmap::IndexMap;
use journeymart::{
    catalog::{Kind, Library, TableName, contract::Contract},
    checks::rows::{Row, difference},
    config::preset::Preset,
    error::Severity,
    run::project::Project,
};
use serde_json::{Map, Value, json};

mod case;
mod load;

use case::{Case, CaseFile, cases};
use load::{Contracts, Loaded, contracts, load, of_source, table};

use crate::{program::program, sources::samples};

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

fn contract<'a>(project: &'a Project, name: &str) -> &'a Contract {
    match &project.catalog.tables[&TableName::new("inbound", name)].kind {
        Kind::Contract { contract, .. } => contract,
        other => panic!("inbound.{name} is no contract but {}", other.as_str()),
    }
}

/// What a case expects and what came, as lines.
async fn compare(
    case: &Case,
    loaded: &Loaded,
    contracts: &Contracts,
    fed: &[(&String, &Contract)],
) -> String {
    let mut lines = String::new();
    let books = loaded.books();
    if case.content.books.as_ref() != Some(&books) {
        lines += &format!("books: {books:?}\n  expected {:?}\n", case.content.books);
        for (what, set_aside) in [("row", &loaded.bad_rows), ("cell", &loaded.bad_cells)] {
            if set_aside.num_rows() > 0 {
                let shown = pretty_format_batches(std::slice::from_ref(set_aside));
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
    let mut questions: Vec<(&str, String, &[Row])> = Vec::new();
    for (name, contract) in fed {
        let rows = of_source(&contracts[&TableName::new("inbound", name)], &case.name);
        context.register_table(name.as_str(), table(&rows)).unwrap();
        questions
            .extend(breaches(name, contract).map(|question| (name.as_str(), question, &[][..])));
    }
    for (of, expected) in &case.content.expect {
        let question = if of.starts_with("select ") { of.clone() } else { rows_of(of, expected) };
        questions.push((of, question, expected));
    }
    for (of, question, expected) in questions {
        match answer(&context, &question).await {
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

async fn answer(context: &SessionContext, question: &str) -> Result<RecordBatch, DataFusionError> {
    let frame = context.sql(question).await?;
    let schema = Arc::new(frame.schema().as_arrow().clone());
    Ok(plain(&concat_batches(&schema, &frame.collect().await?)?))
}

/// Questions for the rows that break the contract: keys that are no keys, required cells that are null.
fn breaches(name: &str, contract: &Contract) -> impl Iterator<Item = String> {
    let required = contract.columns.iter().filter(|(_, column)| column.required);
    let nulls: Vec<String> = required.map(|(column, _)| format!("{column} is null")).collect();
    let keys = contract.key.join(", ");
    let unique = (!keys.is_empty())
        .then(|| format!("select {keys} from {name} group by {keys} having count(*) > 1"));
    let complete = format!("select * from {name} where {}", nulls.join(" or "));
    unique.into_iter().chain([complete])
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
            let names = &project.pipeline.sources[&case.name].feeds;
            let fed: Vec<(&String, &Contract)> =
                names.iter().map(|name| (name, contract(&project, name))).collect();
            let lines = compare(case, rows, &contracts, &fed).await;
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

#[test]
fn every_sample_is_read_by_a_case() {
    const ABOUT: &str = "PROVENANCE.md";
    let Some(about) = samples::path(ABOUT) else { return };
    let folder = about.parent().unwrap();
    let read: BTreeSet<String> = cases()
        .into_iter()
        .flat_map(|case| case.content.sample.into_iter().chain(case.content.names))
        .collect();
    for entry in walkdir::WalkDir::new(folder) {
        let path = entry.unwrap().into_path();
        let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
        let is_read = !path.is_file() || name == ABOUT || read.contains(name);
        assert!(is_read, "{name} has no case in tests/presets");
    }
}

fn printed(arguments: &[&str]) -> String {
    let output = program(&folder()).arg("presets").args(arguments).output().unwrap();
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

#[test]
fn every_printed_block_is_sound_in_a_pipeline() {
    const HEAD: &str = "version: 1\npipeline: examples\ntimezone: Europe/Amsterdam\ncurrency: EUR\n\
                        params: {as_of_date: {type: date, default: 2026-06-30}}\n\
                        locations: {exports: exports, marts: out}\n";
    let mut sources = String::from("sources:\n");
    for name in presets().keys() {
        let shown: Value =
            serde_json::from_str(&printed(&["show", name, "--output", "json"])).unwrap();
        let block = shown["example"].as_str().unwrap();
        // Each under a name of its own, so that one pipeline holds all of them.
        let (_, rest) = block.strip_prefix("sources:\n").unwrap().split_once('\n').unwrap();
        sources += &format!("  {name}:\n{rest}");
    }
    let project = Project::of_text(&root(), "examples.yaml", &format!("{HEAD}{sources}"))
        .unwrap_or_else(|error| panic!("{error}"));
    let checked = project.catalog.check(&project.planner().unwrap().state());
    let errors = checked.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    let errors: Vec<String> = errors.map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}
