//! The static check over small projects: `tests/check/<case>/` holds a project and, in
//! `expected.txt`, what `check` says about it. `UPDATE_EXPECT=1` rewrites the expectation. The
//! standard library is the case's own `library/`, else the one that all cases share.

use std::{fmt::Write, fs, path::Path};

use journeymart::{
    catalog::{Catalog, Checked, Kept, Library},
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
        journey_preset_names: &[],
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
        let (catalog, checked) = check(case);
        let found = shown(&checked.diagnostics);
        let (engine, _folder) = engine();
        let kept = Kept::from_bytes(&checked.kept.to_bytes());
        let again = catalog.check_again(&engine.state(), &kept);
        assert_eq!(shown(&again.diagnostics), found, "{}, checked again", case.display());
        assert_eq!(again.schemas, checked.schemas, "{}, checked again", case.display());
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

/// A project of three tables over a lookup, and what its checks say.
struct Trio(tempfile::TempDir);

impl Trio {
    const FIRST: &str = "select id, cast(amount as int) as amount from lookups.given";
    const SECOND: &str = "select id, rate(amount, 2) as half, amount / 2 as whole from core.first";
    const THIRD: &str = "select id, half from core.second";

    fn new() -> Self {
        let trio = Self(tempfile::tempdir().unwrap());
        trio.write(
            "pipelines/trio.yaml",
            "version: 1\npipeline: trio\ntimezone: UTC\ncurrency: EUR\nsources: {}\n\
             params:\n  least: {type: int64, default: 1}\n",
        );
        trio.write("sql/lookups/given.csv", "id,amount\na,1\n");
        trio.write("sql/core/first.sql", Self::FIRST);
        trio.write("sql/core/second.sql", Self::SECOND);
        trio.write("sql/core/third.sql", Self::THIRD);
        trio
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn load(&self) -> Catalog {
        let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check/library");
        load(self.0.path(), &Library::from_folder(&library).unwrap())
    }

    fn check(&self, kept: &Kept) -> Checked {
        let (engine, _folder) = engine();
        self.load().check_again(&engine.state(), kept)
    }

    /// Checks where nothing can be planned that calls a function of ours.
    fn check_without_functions(&self, kept: &Kept) -> Checked {
        let (engine, _folder) = engine();
        engine.context().deregister_udf("rate");
        self.load().check_again(&engine.state(), kept)
    }
}

#[test]
fn what_did_not_change_is_not_planned_again() {
    let trio = Trio::new();
    let first = trio.check(&Kept::default());
    let found = shown(&first.diagnostics);
    assert!(found.contains("sql/core/second.sql:1:") && found.contains("warning JM"), "{found}");
    assert_eq!(first.diagnostics.len(), 1, "{found}");

    let fresh = trio.check_without_functions(&Kept::default());
    assert!(shown(&fresh.diagnostics).contains("rate"), "{}", shown(&fresh.diagnostics));
    let again = trio.check_without_functions(&first.kept);
    assert_eq!(again.diagnostics, first.diagnostics, "the warning is told again, text and all");
    assert_eq!(again.schemas, first.schemas);
    assert!(again.kept.is_same(&first.kept));
    assert_eq!(Kept::from_bytes(&first.kept.to_bytes()), first.kept);

    // Another text with the same columns leaves the readers alone.
    trio.write(
        "sql/core/first.sql",
        "select id, cast(amount as int) as amount from lookups.given where id > 'a'",
    );
    let edited = trio.check_without_functions(&first.kept);
    assert_eq!(edited.diagnostics, first.diagnostics);
    assert!(!edited.kept.is_same(&first.kept));
}

#[test]
fn a_change_is_seen_wherever_it_reaches() {
    let trio = Trio::new();
    let kept = trio.check(&Kept::default()).kept;
    for (path, text, says) in [
        // Upstream of a file that did not change: a column is gone, or of another type.
        ("sql/core/first.sql", "select id, 1 as amuont from lookups.given", "amount"),
        ("sql/core/first.sql", "select id, true as amount from lookups.given", "rate"),
        ("sql/lookups/given.csv", "id,amuont\na,1\n", "amount"),
        // Two tables away.
        ("sql/core/second.sql", "select id from core.first", "no column is called `half`"),
        ("sql/core/third.sql", "select id, hlaf from core.second", "hlaf"),
        ("sql/core/first.sql", "select id, amount from core.third", "circle"),
        ("sql/core/first.sql", "", "no statement"),
    ] {
        trio.write(path, text);
        let (anew, again) = (trio.check(&Kept::default()), trio.check(&kept));
        let found = shown(&again.diagnostics);
        assert_eq!(found, shown(&anew.diagnostics), "{text}");
        assert!(found.contains(" error ") && found.contains(says), "{text}: {found}");
        assert_eq!(again.schemas, anew.schemas, "{text}");
        // A fault is not kept: it is there the next time, too.
        assert_eq!(shown(&trio.check(&again.kept).diagnostics), found, "{text}");
        trio.write("sql/lookups/given.csv", "id,amount\na,1\n");
        trio.write("sql/core/first.sql", Trio::FIRST);
        trio.write("sql/core/second.sql", Trio::SECOND);
        trio.write("sql/core/third.sql", Trio::THIRD);
    }
    fs::remove_file(trio.0.path().join("sql/core/first.sql")).unwrap();
    assert!(shown(&trio.check(&kept).diagnostics).contains("no table is called `core.first`"));
}

#[test]
fn parameters_settings_and_the_name_of_the_file_count() {
    let trio = Trio::new();
    trio.write("sql/core/third.sql", "select id, half from core.second where half > $least");
    let kept = trio.check(&Kept::default()).kept;
    assert!(trio.check(&kept).kept.is_same(&kept));

    let (engine, _folder) = engine();
    let catalog = trio.load();
    let check = |name: &str, value: &str| {
        let set = format!("set {name} = {value}");
        futures::executor::block_on(engine.context().sql(&set)).unwrap();
        catalog.check_again(&engine.state(), &kept).kept.is_same(&kept)
    };
    assert!(check("datafusion.execution.batch_size", "77"), "says how, not what");
    assert!(!check("datafusion.sql_parser.parse_float_as_decimal", "true"));

    let pipeline = fs::read_to_string(trio.0.path().join("pipelines/trio.yaml")).unwrap();
    trio.write("pipelines/trio.yaml", &pipeline.replace("default: 1", "default: 2"));
    assert!(!trio.check(&kept).kept.is_same(&kept));
    trio.write("pipelines/trio.yaml", &pipeline);
    assert!(trio.check(&kept).kept.is_same(&kept));

    // The same text in another place warns about that place.
    fs::create_dir_all(trio.0.path().join("pipelines/trio")).unwrap();
    fs::rename(trio.0.path().join("sql"), trio.0.path().join("pipelines/trio/sql")).unwrap();
    let moved = shown(&trio.check(&kept).diagnostics);
    assert!(moved.starts_with("pipelines/trio/sql/core/second.sql:"), "{moved}");
}

#[test]
fn damaged_bytes_are_as_good_as_none() {
    let kept = Trio::new().check(&Kept::default()).kept;
    let bytes = kept.to_bytes();
    assert_eq!(Kept::from_bytes(&bytes), kept);
    assert_ne!(kept, Kept::default());
    for position in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1;
        assert_eq!(Kept::from_bytes(&damaged), Kept::default(), "byte {position}");
        assert_eq!(Kept::from_bytes(&bytes[..position]), Kept::default(), "{position} bytes");
    }
}
