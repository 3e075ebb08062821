//! Every case in `tests/sql` passes, and every shipped mart has an ordinary, an empty and a
//! boundary case.

use std::path::Path;

use journeymart::checks::cases::{self, Case};

#[test]
fn every_sql_case_passes() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = cases::discover(dir).unwrap();
    assert!(!cases.is_empty(), "no case lies in {}", dir.display());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(16 << 20)
        .enable_all()
        .build()
        .unwrap();
    let outcomes = runtime.block_on(cases::run_all(dir, &cases)).unwrap();
    let failed: Vec<String> = outcomes
        .iter()
        .filter(|outcome| !outcome.passed)
        .map(|outcome| format!("{}\n{}", outcome.file, outcome.difference))
        .collect();
    assert!(failed.is_empty(), "{} cases failed\n\n{}", failed.len(), failed.join("\n\n"));
}

/// Without rows that it reads, or without rows that come out.
fn is_empty(case: &Case) -> bool {
    case.content.inputs.values().all(Vec::is_empty) || case.content.expect.is_empty()
}

#[test]
fn every_shipped_mart_has_three_cases_one_of_them_empty() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = cases::discover(dir).unwrap();
    for entry in dir.join("sql/marts").read_dir().unwrap() {
        let file = entry.unwrap().file_name().to_string_lossy().into_owned();
        // Not the checks, which are named `<mart>.check.sql`.
        let Some(mart) = file.strip_suffix(".sql").filter(|mart| !mart.contains('.')) else {
            continue;
        };
        let table = format!("marts.{mart}");
        let found: Vec<&Case> =
            cases.iter().filter(|case| case.table.to_string() == table).collect();
        assert!(found.len() >= 3, "{table} has {} cases", found.len());
        assert!(found.iter().any(|case| is_empty(case)), "{table} has no empty case");
    }
}
