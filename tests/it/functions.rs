//! SQL functions: every `.slt` file, and that every function has one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use journeymart::functions::{ALL, reference};

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

/// Rewrites the page where it is stale, and fails so that the change is seen.
#[test]
fn the_reference_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/functions.md");
    let page = reference::markdown();
    if fs::read_to_string(&path).unwrap_or_default() != page {
        fs::write(&path, page).unwrap();
        panic!("{} was stale and is written anew: commit it", path.display());
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

/// The input of `identity_components` is part of the plan, so columns nobody reads are pruned in it.
#[tokio::test]
async fn identity_components_lets_the_optimizer_see_its_input() {
    let context = slt::session(2, 8192);
    context.sql("create table e as select 'a.x' as l, '1' as v, 9 as unused").await.unwrap();
    let sql = "explain select count(*) from identity_components((
        select l as left_type, v as left_value, l as right_type, v as right_value,
            cast(null as timestamp) as seen_at, unused from e where v != '2'))";
    let plan = context.sql(sql).await.unwrap().collect().await.unwrap();
    let plan = slt::render(&plan).join("\n");
    assert!(plan.contains("TableScan: e projection=[l, v]"), "{plan}");
    assert!(plan.contains("IdentityComponentsExec: max_edges=50"), "{plan}");
}

/// `journey_steps` leaves the order to a sort, which spills, and carries what is asked for.
#[tokio::test]
async fn journey_steps_reads_sorted_rows_of_what_is_asked_for() {
    let context = slt::session(2, 8192);
    let columns = "'j' as journey, 1 as customer_key, timestamp '2026-01-01' as occurred_at, \
                   0 as event_sequence, 'k' as kind, 'n' as namespace, 'e' as event_id, \
                   'v' as event_name, 1 as stage_number, true as can_start, false as ends, \
                   5 as timeout_seconds";
    let table = format!("create table t as select {columns}, 'c' as channel, 9 as unused");
    context.sql(&table).await.unwrap();
    let sql = "explain select step_number, channel from journey_steps((select * from t))";
    let plan = context.sql(sql).await.unwrap().collect().await.unwrap();
    let plan = slt::render(&plan).join("\n");
    assert!(plan.contains("JourneyStepsExec"), "{plan}");
    let order = "SortExec: expr=[journey@0 ASC NULLS LAST, customer_key@1 ASC NULLS LAST, \
                 occurred_at@2 ASC NULLS LAST";
    assert!(plan.contains(order), "{plan}");
    assert!(plan.contains("channel") && !plan.contains("unused"), "{plan}");
}
