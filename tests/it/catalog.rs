//! The static check over small projects: `tests/check/<case>/` holds a project and, in
//! `expected.txt`, what `check` says about it. `UPDATE_EXPECT=1` rewrites the expectation. The
//! standard library is the case's own `library/`, else the one that all cases share.

use std::{fmt::Write, fs, path::Path};

use journeymart::{
    catalog::{Catalog, Checked, Library},
    config::{self, LoadRequest},
    engine::{Engine, EngineOptions},
    error::{Diagnostic, Severity},
};

fn engine() -> (Engine, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut options = EngineOptions::for_this_machine(folder.path().to_owned());
    options.memory_limit = 64 << 20;
    (Engine::new(options).unwrap(), folder)
}

fn load(project: &Path, library: &Library) -> Catalog {
    let request = LoadRequest {
        project_dir: project,
        pipeline: None,
        target: None,
        params: &[],
        env: &|_| None,
        presets: &|name| library.preset(project, name).unwrap(),
        preset_names: &[],
        now: "2026-06-30T12:00:00Z".parse().unwrap(),
    };
    let (pipeline, _) = config::load(&request).unwrap();
    Catalog::load(project, library, &pipeline).unwrap()
}

fn check(project: &Path) -> (Catalog, Checked) {
    let own = project.join("library");
    let shared = project.with_file_name("library");
    let library = Library::from_folder(if own.is_dir() { &own } else { &shared }).unwrap();
    let catalog = load(project, &library);
    let (engine, _folder) = engine();
    let checked = catalog.check(&engine.state());
    (catalog, checked)
}

fn shown(diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for found in diagnostics {
        let place = found.location.as_ref().map_or("-".to_owned(), |at| {
            format!("{}:{}:{}+{}", at.file, at.line, at.column, at.length)
        });
        let severity = match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(text, "{place} {severity} {} {}", found.code, found.message).unwrap();
        if let Some(hint) = &found.hint {
            writeln!(text, "    {hint}").unwrap();
        }
    }
    text
}

#[test]
fn cases_say_what_is_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check");
    let mut cases: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|case| case.unwrap().path()).collect();
    cases.retain(|case| case.join("pipelines").is_dir());
    cases.sort();
    let mut failed = Vec::new();
    for case in &cases {
        let (_, checked) = check(case);
        let found = shown(&checked.diagnostics);
        let expected = case.join("expected.txt");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&expected, &found).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != found {
            failed.push(format!("{}:\n{found}", case.display()));
        }
    }
    assert!(cases.len() >= 8, "cases went missing");
    assert!(failed.is_empty(), "other findings than expected\n{}", failed.join("\n"));
}

/// A pipeline without sources has every contract, empty but typed, so all of the library plans.
#[test]
fn the_standard_library_plans_without_sources() {
    let project = tempfile::tempdir().unwrap();
    fs::create_dir(project.path().join("pipelines")).unwrap();
    let pipeline =
        "version: 1\npipeline: empty\ntimezone: Europe/Amsterdam\ncurrency: EUR\nsources: {}\n";
    fs::write(project.path().join("pipelines/empty.yaml"), pipeline).unwrap();
    let catalog = load(project.path(), &Library::standard().unwrap());
    let (engine, _folder) = engine();
    let checked = catalog.check(&engine.state());
    assert_eq!(shown(&checked.diagnostics), "");
    assert_eq!(checked.schemas.len(), catalog.tables.len());
}
