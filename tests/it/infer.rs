//! Proposals for real files: `tests/infer/<case>.yaml` is what `infer` prints for the path in its
//! first line, `<case>.txt` what it says of files it cannot read. `UPDATE_EXPECT=1` writes what
//! happened instead. Every proposal is also loaded, by the loader and not by `infer`.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use journeymart::{
    catalog::Library,
    config::{self, LoadRequest, source::Source},
    error::Error,
    infer::{InferOptions, Inferred, infer},
    sources::{Books, LoadOptions, Sinks, discover, load},
    storage::Storage,
};

use crate::sources::{Collected, samples};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A table of identifiers and words alone.
const WORDS: (&str, &str) = ("tests/data/infer/shop_export.zip", "customers");

/// Sources whose files hold what no declaration can load, and why it is there.
const DIRTY: [(&str, &str); 10] = [
    ("suspicious", "identifiers that a spreadsheet destroyed"),
    ("preamble", "a line of totals below the rows"),
    ("contacts", "dirt of the demo world"),
    ("order_lines", "dirt of the demo world"),
    ("orders", "dirt of the demo world"),
    ("nps", "dirt of the demo world"),
    ("events", "dirt of the demo world"),
    ("spend", "dirt of the demo world"),
    ("companies", "dirt of the demo world"),
    ("deals", "dirt of the demo world"),
];

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn look(path: &str, sample_bytes: u64) -> Result<Inferred, Error> {
    let options =
        InferOptions { path: path.to_owned(), project_dir: PathBuf::from(ROOT), sample_bytes };
    runtime().block_on(infer(&options))
}

/// The demo world takes a while, and two tests look at it.
const DEMO: &str = "pipelines/demo/exports";
static DEMO_WORLD: LazyLock<Inferred> = LazyLock::new(|| look(DEMO, u64::MAX).unwrap());

/// The cases: file, and the path in its first line.
fn cases(ending: &str) -> Vec<(PathBuf, String)> {
    let mut files: Vec<PathBuf> = fs::read_dir(Path::new(ROOT).join("tests/infer"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let path = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        let first = text.lines().next().unwrap().strip_prefix("# infer ").unwrap().to_owned();
        (file, first)
    };
    files.into_iter().map(path).collect()
}

fn compare(file: &Path, path: &str, happened: &str, wrong: &mut Vec<String>) {
    let happened = format!("# infer {path}\n{happened}");
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(file, happened).unwrap();
    } else if fs::read_to_string(file).unwrap() != happened {
        wrong.push(format!("{}:\n{happened}", file.display()));
    }
}

/// The sources of a block, as a pipeline has them.
fn sources(yaml: &str) -> Vec<Source> {
    let library = Library::standard().unwrap();
    let root = Path::new(ROOT);
    let text = format!("version: 1\npipeline: infer\n{yaml}");
    let request = LoadRequest {
        project_dir: root,
        pipeline: None,
        target: None,
        params: &[],
        env: &|_| None,
        presets: &|name| library.preset(root, name).unwrap(),
        preset_names: &library.preset_names(root).unwrap(),
        journey_preset_names: &[],
        now: chrono::Utc::now(),
    };
    let (pipeline, warnings) = config::load_text("proposal.yaml", text.into(), &request).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    pipeline.sources.into_values().collect()
}

fn books(source: &Source) -> Books {
    let found = runtime().block_on(discover(source, &Storage::new(ROOT))).unwrap();
    let sink = Collected::default();
    let scratch = tempfile::tempdir().unwrap();
    let options = LoadOptions { threads: 2, batch_rows: 8192, scratch: scratch.path().to_owned() };
    let sinks = Sinks { rows: &sink, bad_rows: &sink, bad_cells: &sink };
    let books = load(source, &found.files, sinks, &options).unwrap().books;
    assert!(books.close(), "{}: {books:?}", source.name);
    books
}

#[test]
fn proposals_are_as_expected_and_load() {
    let mut wrong = Vec::new();
    for (file, path) in cases("yaml") {
        let own;
        let inferred = if path == DEMO {
            &*DEMO_WORLD
        } else {
            own = look(&path, u64::MAX).unwrap();
            &own
        };
        let yaml = inferred.yaml();
        compare(&file, &path, &yaml, &mut wrong);
        for (source, proposal) in sources(&yaml).iter().zip(&inferred.sources) {
            let books = books(source);
            let bad = books.rows_quarantined + books.cells_nulled;
            let dirty = DIRTY.iter().any(|(name, _)| *name == source.name);
            assert!(bad == 0 || dirty, "{}: {} loses {bad}", file.display(), source.name);
            // What was foretold is what happened; older versions are told apart by the loader alone.
            assert_eq!(books.rows_read, proposal.books.rows_read, "{}", source.name);
            assert_eq!(books.rows_quarantined, proposal.books.rows_quarantined, "{}", source.name);
            assert_eq!(books.cells_nulled, proposal.books.cells_nulled, "{}", source.name);
            let typed =
                source.columns.iter().any(|column| column.column_type.to_string() != "string");
            let is_words = (&*path, &*source.name) == WORDS;
            assert!(typed != is_words || books.rows_read == 0, "{}: all text", source.name);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_cannot_be_read_is_refused_in_words() {
    let mut wrong = Vec::new();
    for (file, path) in cases("txt") {
        let error = look(&path, u64::MAX).map(|found| found.yaml()).unwrap_err();
        compare(&file, &path, &format!("{:?}: {error}\n", error.kind), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_fixture_is_looked_at() {
    let paths: Vec<String> =
        cases("yaml").into_iter().chain(cases("txt")).map(|(_, path)| path).collect();
    for entry in fs::read_dir(Path::new(ROOT).join("tests/data/infer")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = format!("tests/data/infer/{name}");
        assert!(name == "README.md" || paths.contains(&path), "{path} has no case in tests/infer");
    }
}

/// What the demo world knows of its own dirt is what the proposals foretell, where a preset or the
/// same declaration decides it.
#[test]
fn the_demo_world_is_as_dirty_as_it_says() {
    let truth = fs::read_to_string(Path::new(ROOT).join("pipelines/demo/truth/books.csv")).unwrap();
    let truth: BTreeMap<&str, Vec<u64>> = truth
        .lines()
        .skip(1)
        .map(|line| {
            let (source, counts) = line.split_once(',').unwrap();
            (source, counts.split(',').map(|count| count.parse().unwrap()).collect())
        })
        .collect();
    for (proposed, declared) in [
        ("customers", "billing_customers"),
        ("invoices", "billing_invoices"),
        ("contacts", "crm_contacts"),
        ("nps", "nps"),
        ("tickets", "support_tickets"),
        ("events", "web"),
        ("refunds", "shop_refunds"),
        ("order_lines", "shop_order_lines"),
    ] {
        let found = DEMO_WORLD.sources.iter().find(|source| source.name == proposed).unwrap();
        let [read, _, quarantined, _, _, nulled] = truth[declared][..] else { panic!("{truth:?}") };
        // `?` comes often enough to be proposed as a word for nothing, which is no bad cell.
        let nulled = if proposed == "order_lines" { 0 } else { nulled };
        let Books { rows_read, rows_quarantined, cells_nulled, .. } = found.books;
        assert_eq!(
            (rows_read, rows_quarantined, cells_nulled),
            (read, quarantined, nulled),
            "{proposed}"
        );
    }
}

/// Files that are not the preset's export, or too little of one.
const UNRECOGNISED: [(&str, &str); 7] = [
    ("tests/presets/adobe_feed/column_headers.tsv", "names of columns, beside the export"),
    ("tests/presets/combined_log/access.log", "lines that only a pattern cuts into columns"),
    ("tests/presets/dataverse/model.json", "names of columns, beside the export"),
    ("tests/presets/dataverse/orders.csv", "another table than the preset's"),
    ("tests/presets/excel_nl/orders.csv", "a dialect, which is spelled out"),
    ("tests/presets/surveymonkey/nps.csv", "too few rows to tell a second header row by"),
    ("tests/presets/surveymonkey/nps.xlsx", "too few rows to tell a second header row by"),
];

#[test]
fn the_files_of_every_preset_are_recognised() {
    let mut wrong = Vec::new();
    for entry in walkdir::WalkDir::new(Path::new(ROOT).join("tests/presets")).sort_by_file_name() {
        let path = entry.unwrap().into_path();
        let is_case = path.extension().is_none_or(|ending| ending == "yaml" || ending == "md");
        if !path.is_file() || is_case {
            continue;
        }
        let path = path.strip_prefix(ROOT).unwrap().display().to_string();
        let preset = path.split('/').nth(2).unwrap();
        let found = match look(&path, u64::MAX) {
            Ok(inferred) => inferred.sources[0].config.get("preset").cloned().unwrap_or_default(),
            Err(error) => error.to_string().into(),
        };
        if found != preset && !UNRECOGNISED.iter().any(|(known, _)| *known == path) {
            wrong.push(format!("{path}: {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What Fivetran makes of a vendor's tables: a small part of their columns, some named twice.
#[test]
fn tables_of_a_sync_are_recognised() {
    for (name, preset) in [
        ("hubspot_fivetran/contact_data.csv", "hubspot_contacts"),
        ("ga4/fivetran_event_data.csv", "ga4_flat"),
    ] {
        let Some(path) = samples::path(name) else { continue };
        let inferred = look(path.to_str().unwrap(), u64::MAX).unwrap();
        let yaml = inferred.yaml();
        assert_eq!(inferred.sources[0].config.get("preset"), Some(&preset.into()), "{yaml}");
        let books = books(&sources(&yaml)[0]);
        assert_eq!((books.rows_quarantined, books.cells_nulled), (0, 0), "{yaml}");
    }
}

#[test]
fn a_sample_says_so_and_late_bytes_change_the_encoding() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big.csv");
    let mut bytes = b"name,amount\n".to_vec();
    for n in 0..200_000 {
        bytes.extend(format!("row {n},{n}\n").bytes());
    }
    bytes.extend(b"caf\xe9,x1\n");
    fs::write(&path, bytes).unwrap();
    let path = path.display().to_string();
    // The first megabyte is plain ASCII and numbers.
    let sampled = look(&path, 1 << 20).unwrap();
    assert!(!sampled.sources[0].complete);
    let yaml = sampled.yaml();
    assert!(yaml.contains("judged by the first"), "{yaml}");
    assert!(yaml.contains("amount: {type: \"decimal(18,2)\"}"), "{yaml}");
    let full = look(&path, u64::MAX).unwrap();
    let yaml = full.yaml();
    assert!(full.sources[0].complete);
    assert!(yaml.contains("encoding: windows-1252"), "{yaml}");
    assert!(yaml.contains("1 of 200,001 values is no number: `x1` (big.csv:200002)"), "{yaml}");
}
