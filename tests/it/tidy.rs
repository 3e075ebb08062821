//! House rules that a reviewer should not have to remember.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Files that may be longer than 500 lines, each with its reason.
const LONG_FILES: [&str; 0] = [];

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found: Vec<PathBuf> = walkdir::WalkDir::new(root.join(folder))
        .into_iter()
        .filter_map(Result::ok)
        .map(|entry| entry.into_path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    found.sort();
    found
}

#[test]
fn files_hold_one_idea() {
    for path in files("src", "rs").into_iter().chain(files("tests", "rs")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(
            lines <= 500 || LONG_FILES.contains(&name.as_str()),
            "{} has {lines} lines: split it by what it owns",
            path.display()
        );
    }
}

#[test]
fn modules_open_with_what_they_are_for() {
    for path in files("src", "rs") {
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("/*!") || text.starts_with("//!"),
            "{} does not say what it is for",
            path.display()
        );
    }
}

#[test]
fn shipped_sql_ignores_the_clock() {
    for path in files("sql", "sql") {
        let text = fs::read_to_string(&path).unwrap().to_lowercase();
        for word in ["now()", "current_date", "current_timestamp", "random()"] {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn one_version_of_the_engine() {
    let lock =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    for package in ["datafusion", "arrow", "parquet", "object_store", "sqlparser"] {
        let copies = lock.matches(&format!("name = \"{package}\"\n")).count();
        assert_eq!(copies, 1, "{package} is compiled {copies} times");
    }
}

#[test]
fn the_readme_names_every_mart() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    for path in files("sql/marts", "sql") {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !name.contains('.') {
            assert!(readme.contains(&format!("`{name}`")), "README.md does not name {name}");
        }
    }
}
