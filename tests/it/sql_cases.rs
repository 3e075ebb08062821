//! Every case in `tests/sql` passes, and every shipped mart has an ordinary, an empty and a
//! boundary case.

use std::path::Path;

use journeymart::checks::cases;

#[test]
fn every_sql_case_passes() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = cases::discover(dir).unwrap();
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
