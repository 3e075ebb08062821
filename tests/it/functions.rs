//! SQL functions: every `.slt` file, and that every function has one.

use std::path::{Path, PathBuf};

use journeymart::functions::ALL;

use crate::slt;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slt")
}

#[tokio::test]
async fn slt_files() {
    let mut files: Vec<PathBuf> =
        folder().read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut failures = String::new();
    for file in files {
        if let Err(failure) = slt::run(&file).await {
            failures += &failure;
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn every_function_has_its_cases() {
    for function in ALL {
        let file = folder().join(function.doc.name).with_extension("slt");
        assert!(file.exists(), "{} is missing", file.display());
    }
}

/// `sessionize` keeps one row of state, so its operator must not collect whole partitions.
#[tokio::test]
async fn sessionize_runs_in_bounded_memory() {
    let context = slt::session(2, 8192);
    let sql = "explain select sessionize(at, 1800) over (partition by visitor order by at)
        from (values ('a', timestamp '2026-01-01')) as t(visitor, at)";
    let plan = context.sql(sql).await.unwrap().collect().await.unwrap();
    let plan = slt::render(&plan).join("\n");
    assert!(plan.contains("BoundedWindowAggExec"), "{plan}");
}
