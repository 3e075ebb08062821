//! The demo world with damaged cells: every one of them is named by file, line and column, nothing
//! else is, and the books still close.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use datafusion::arrow::util::display::array_value_to_string;
use journeymart::{
    config::source::{OnBadCell, Source},
    run::project::{Project, ProjectOptions},
    sources::{Books, LoadOptions, Sinks, load},
};

use super::{
    Collected,
    corrupt::{Corrupter, Damage},
    discovered,
};

const EXPORTS: &str = "pipelines/demo/exports";

/// File, line and column of a cell; without the column, of a row.
type Place = (String, i64, String);

/// Where a load found something to set aside.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    cells: BTreeSet<Place>,
    rows: BTreeSet<Place>,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let options = ProjectOptions {
        pipeline: Some(root.join("pipelines/customer_journey.yaml")),
        ..ProjectOptions::default()
    };
    let project = Project::open(&options).unwrap_or_else(|error| panic!("{error}"));
    let mut sources: Vec<Source> = project.pipeline.sources.into_values().collect();
    for source in &mut sources {
        source.path = source.path.trim_start_matches(EXPORTS).trim_start_matches('/').to_owned();
        source.max_bad_ratio = 1.0;
    }
    sources
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

fn loaded(source: &Source, exports: &Path) -> (Found, Books) {
    let files = discovered(source, exports).unwrap().files;
    let (rows, bad_rows, bad_cells) =
        (Collected::default(), Collected::default(), Collected::default());
    let sinks = Sinks { rows: &rows, bad_rows: &bad_rows, bad_cells: &bad_cells };
    let scratch = tempfile::tempdir().unwrap();
    let options = LoadOptions { threads: 2, batch_rows: 100, scratch: scratch.path().to_owned() };
    let report = load(source, &files, sinks, &options).unwrap_or_else(|error| panic!("{error}"));
    for file in &report.files {
        assert!(file.books.close(), "{file:?}");
    }
    let counted: usize = rows.0.lock().iter().map(|batch| batch.num_rows()).sum();
    assert_eq!(counted as u64, report.books.rows_loaded, "{}", source.name);
    let found =
        Found { cells: places(&bad_cells, Some("column_name")), rows: places(&bad_rows, None) };
    assert_eq!(found.rows.len() as u64, report.books.rows_quarantined, "{}", source.name);
    assert_eq!(found.cells.len() as u64, report.books.cells_nulled, "{}", source.name);
    (found, report.books)
}

fn places(batches: &Collected, column: Option<&str>) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    for batch in batches.0.lock().iter() {
        let text = |name: &str, row| {
            array_value_to_string(batch.column_by_name(name).unwrap(), row).unwrap()
        };
        for row in 0..batch.num_rows() {
            let column = column.map(|column| text(column, row)).unwrap_or_default();
            places.insert((text("file", row), text("line", row).parse().unwrap(), column));
        }
    }
    places
}

/// What a load must find, given what it found before the damage.
fn expected(source: &Source, clean: Found, damage: &BTreeMap<String, Damage>) -> Found {
    let spoils_row = |name: &str| {
        let column = source.columns.iter().find(|column| column.name == name).unwrap();
        column.required
            || source.key.contains(&column.name)
            || source.on_bad_cell == OnBadCell::QuarantineRow
    };
    let mut expected = clean;
    for (file, damage) in damage {
        for (line, column) in &damage.cells {
            match spoils_row(column) {
                true => expected.rows.insert((file.clone(), *line, String::new())),
                false => expected.cells.insert((file.clone(), *line, column.clone())),
            };
        }
        let records = damage.records.iter().map(|line| (file.clone(), *line, String::new()));
        expected.rows.extend(records);
    }
    // A row that is set aside reports no cells: its text is kept whole.
    let Found { cells, rows } = &mut expected;
    cells.retain(|(file, line, _)| !rows.contains(&(file.clone(), *line, String::new())));
    expected
}

#[test]
fn every_damaged_cell_is_named_and_the_books_close() {
    let exports: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXPORTS);
    let damaged = tempfile::tempdir().unwrap();
    copy(&exports, damaged.path());
    let mut corrupter = Corrupter::new(2026, 0.01, 0.002);
    let mut total = Found::default();
    for source in sources() {
        let (clean, before) = loaded(&source, &exports);
        let damage = discovered(&source, &exports)
            .unwrap()
            .files
            .iter()
            .map(|file| {
                let path = damaged.path().join(&file.path);
                (file.path.clone(), corrupter.file(&source, &path))
            })
            .collect();
        let expected = expected(&source, clean, &damage);
        let (mut found, after) = loaded(&source, damaged.path());
        assert_eq!(found, expected, "{}", source.name);
        assert_eq!(after.rows_read, before.rows_read, "{}", source.name);
        total.cells.append(&mut found.cells);
        total.rows.append(&mut found.rows);
    }
    // Hundreds of cells and some whole records, or nothing was tested.
    assert!(total.cells.len() > 200 && total.rows.len() > 50, "{total:?}");
}
