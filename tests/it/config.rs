//! Pipelines that load and pipelines that do not, as data files under `tests/config`.
//!
//! `ok/<case>.yaml` must load as `ok/<case>.json` says; `bad/<case>.yaml` must fail with exactly the
//! lines of `bad/<case>.txt`. `UPDATE_EXPECT=1` writes what happened instead.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use journeymart::{
    config::{self, LoadRequest, pipeline::Pipeline},
    error::{Error, Kind},
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/config");

fn now() -> DateTime<Utc> {
    // Still 30 June in UTC, already 1 July in Amsterdam.
    "2026-06-30T22:30:00Z".parse().unwrap()
}

fn preset(name: &str) -> Option<(String, String)> {
    let file = format!("presets/{name}.yaml");
    let text = fs::read_to_string(Path::new(FOLDER).join(&file)).ok()?;
    Some((file, text))
}

fn variable(name: &str) -> Option<String> {
    (name == "BUCKET").then(|| "s3://acme-bucket".to_owned())
}

/// Loads a case with what its first comment line asks for: `# target: prod`, `# param: k=v`.
fn load(path: &Path) -> Result<Pipeline, Error> {
    let text = fs::read_to_string(path).unwrap();
    let mut target = None;
    let mut params = Vec::new();
    for line in text.lines().take_while(|line| line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("# target: ") {
            target = Some(name);
        }
        if let Some((name, value)) = line.strip_prefix("# param: ").and_then(|p| p.split_once('='))
        {
            params.push((name.to_owned(), value.to_owned()));
        }
    }
    let (pipeline, warnings) = config::load(&LoadRequest {
        project_dir: Path::new(FOLDER),
        pipeline: Some(path),
        target,
        params: &params,
        env: &variable,
        presets: &preset,
        preset_names: &["shop_orders".to_owned(), "broken".to_owned()],
        journey_preset_names: &["two_step".to_owned(), "broken".to_owned()],
        now: now(),
    })?;
    assert!(warnings.is_empty(), "{}: {warnings:?}", path.display());
    Ok(pipeline)
}

fn cases(folder: &str) -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(Path::new(FOLDER).join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

/// Compares with the file beside the case, or writes it.
fn expect(path: &Path, actual: &str) {
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, actual).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(actual, expected, "{} differs; UPDATE_EXPECT=1 rewrites it", path.display());
}

#[test]
fn good_pipelines_resolve_as_written_down() {
    for case in cases("ok") {
        let pipeline = load(&case).unwrap_or_else(|error| panic!("{}: {error}", case.display()));
        let json = serde_json::to_string_pretty(&pipeline).unwrap();
        expect(&case.with_extension("json"), &format!("{json}\n"));
    }
}

#[test]
fn blocks_become_tables_and_sql() {
    let case = Path::new(FOLDER).join("ok/journeys.yaml");
    let pipeline = load(&case).unwrap();
    let mut tables = String::new();
    for table in pipeline.config_tables() {
        let columns: Vec<&str> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
        tables.push_str(&format!("{}\n  {}\n", table.name, columns.join(" | ")));
        for row in &table.rows {
            assert_eq!(row.len(), columns.len(), "{}", table.name);
            let cells: Vec<&str> = row.iter().map(|cell| cell.as_deref().unwrap_or("∅")).collect();
            tables.push_str(&format!("  {}\n", cells.join(" | ")));
        }
    }
    expect(&case.with_extension("tables.txt"), &tables);
    let statements: Vec<&str> =
        pipeline.generated_sql().iter().map(|generated| generated.sql.as_str()).collect();
    expect(&case.with_extension("sql"), &statements.join("\n"));
}

#[test]
fn generated_sql_points_back_into_the_yaml() {
    let pipeline = load(&Path::new(FOLDER).join("ok/journeys.yaml")).unwrap();
    let place = |table: usize, word: &str| {
        let generated = &pipeline.generated_sql()[table];
        let start = generated.sql.find(word).unwrap();
        generated.locate(start..start + word.len()).map(|at| (at.line, at.column, at.length))
    };
    assert_eq!(place(0, "utm_source is"), Some((12, 42, 13)));
    assert_eq!(place(0, "order_placed"), Some((17, 47, 12)));
    assert_eq!(place(1, "value > 0"), Some((33, 57, 9)));
    assert_eq!(place(4, "outcome = 'ok'"), Some((39, 73, 14)));
    assert_eq!(place(0, "is_bot"), None);
}

#[test]
fn bad_pipelines_say_everything_that_is_wrong() {
    for case in cases("bad") {
        let error = load(&case).expect_err(&case.display().to_string());
        assert_eq!(error.kind, Kind::Usage);
        let lines: Vec<String> =
            error.diagnostics.iter().map(|found| format!("{} {found}\n", found.code)).collect();
        expect(&case.with_extension("txt"), &lines.concat());
    }
}

#[test]
fn the_committed_schema_is_current() {
    let schema = serde_json::to_string_pretty(&config::schema()).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/pipeline.schema.json");
    expect(&path, &format!("{schema}\n"));
}

/// The presets of the standard library, as a pipeline names them.
fn shipped_preset(name: &str) -> Option<(String, String)> {
    let file = format!("sql/presets/{name}.yaml");
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file)).ok()?;
    Some((file, text))
}

#[test]
fn shipped_pipelines_load() {
    let project_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in fs::read_dir(project_dir.join("pipelines")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "yaml") {
            continue;
        }
        let loaded = config::load(&LoadRequest {
            project_dir,
            pipeline: Some(&path),
            target: None,
            params: &[],
            env: &|_| None,
            presets: &shipped_preset,
            preset_names: &[],
            journey_preset_names: &[],
            now: now(),
        });
        let (_, warnings) = loaded.unwrap_or_else(|error| panic!("{error}"));
        assert!(warnings.is_empty(), "{}: {warnings:?}", path.display());
    }
}

#[test]
fn every_shipped_preset_of_journeys_gives_words_to_its_stages() {
    let library = journeymart::catalog::Library::standard().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let names = library.journey_preset_names(root).unwrap();
    assert_eq!(names, ["b2b_sales", "buyer_five", "five_phase", "see_think_do"]);
    for name in names {
        let (_, text) = library.preset(root, &format!("journeys/{name}")).unwrap().unwrap();
        let stages = text.split_once("\nstages:\n").unwrap().1.lines();
        let stages: Vec<&str> = stages
            .filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'))
            .filter(|line| !line.starts_with(' '))
            .collect();
        // Backwards, since the order is the preset's.
        let declared: String =
            stages.iter().rev().map(|stage| format!("      {stage}: {{when: 'true'}}\n")).collect();
        let text = format!(
            "version: 1\npipeline: p\nsources: {{}}\njourneys:\n  j:\n    preset: {name}\n    \
             goal: 'true'\n    stages:\n{declared}"
        );
        let request = LoadRequest {
            project_dir: root,
            pipeline: None,
            target: None,
            params: &[],
            env: &|_| None,
            presets: &shipped_preset,
            preset_names: &[],
            journey_preset_names: &[],
            now: now(),
        };
        let (pipeline, _) = config::load_text("p.yaml", text.into(), &request).unwrap();
        let journey = &pipeline.journeys["j"];
        assert_eq!(journey.stages.keys().collect::<Vec<_>>(), stages);
        assert!(journey.description.is_some());
        for (name, stage) in &journey.stages {
            assert!(stage.goal.is_some() && stage.customer_question.is_some(), "{name}");
        }
    }
}

fn load_text(text: &str) -> Result<Pipeline, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipeline.yaml");
    fs::write(&path, text).unwrap();
    load(&path)
}

#[test]
fn hostile_files_fail_quickly_and_quietly() {
    let started = std::time::Instant::now();
    let long = "x".repeat(10 << 20);
    let pipeline =
        load_text(&format!("version: 1\npipeline: big\ndescription: \"{long}\"\nsources: {{}}\n"));
    assert_eq!(pipeline.unwrap().description.map(|text| text.len()), Some(10 << 20));

    let many = (0..5_000).fold(String::from("version: 1\nsources:\n"), |text, n| {
        text + &format!("  s{n}: {{pth: x}}\n")
    });
    for (text, part) in [
        (format!("version: 1\npipeline: {long}\nsources: {{}}\n"), "`pipeline`: `xx"),
        (format!("version: 1\n? {long}\n: 1\n"), "a key has at most"),
        (format!("version: [{long}"), "unclosed bracket"),
        (format!("sources: {}", "{a: ".repeat(5_000)), "levels of nesting"),
        (format!("sources:\n{}", deep_block(5_000)), "levels of nesting"),
        (many, "unknown key `pth`"),
    ] {
        let error = load_text(&text).unwrap_err();
        let message = &error.diagnostics[0].message;
        assert!(error.to_string().contains(part), "{part}: {message:.200}");
        assert!(message.len() < 1_000, "{part}: {} bytes", message.len());
    }
    // Generous for a debug build on a busy machine.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

fn deep_block(depth: usize) -> String {
    (1..depth).map(|level| format!("{}a:\n", " ".repeat(level))).collect()
}
