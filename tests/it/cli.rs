//! The program as a data engineer sees it: a fresh project, bad input, history. Whatever goes
//! wrong, the published files stay as they were, byte for byte.

use std::{fs, path::PathBuf};

use datafusion::{
    arrow::{
        array::{AsArray, RecordBatch},
        datatypes::{DataType, Int64Type},
    },
    parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder,
};

use crate::project::{Project, journeymart};

#[test]
fn a_new_project_runs_and_then_has_nothing_to_do() {
    let project = Project::published();
    let again = project.run(&["run"]);
    assert_eq!(again.code, Some(0));
    assert!(again.stdout.contains("nothing to do"), "{}", again.stdout);
    let runs = fs::read_dir(project.path(".journeymart/runs")).unwrap();
    let described = runs.filter(|run| run.as_ref().unwrap().path().join("manifest.json").exists());
    assert_eq!(described.count(), 1, "only a run that computes describes its tables");
    let tests = project.run(&["test"]);
    assert_eq!(tests.code, Some(0), "{}", tests.stdout);
    assert!(tests.stdout.contains("marts.orders_daily: 1 of 1 cases passed"), "{}", tests.stdout);
    let answer = project.run(&[
        "query",
        "--published",
        "--output",
        "json",
        "select sum(order_count) as n from marts.orders_daily",
    ]);
    // Four orders; the second version of order 1003 supersedes the first.
    assert_eq!(answer.stdout.trim(), r#"[{"n":4}]"#);
    let init = project.run(&["init", "."]);
    assert_eq!(init.code, Some(2));
    assert!(init.stderr.contains("exists already"), "{}", init.stderr);
}

/// Both ways to an answer write the same rows, and the types of a Parquet file say what they are.
#[test]
fn an_answer_goes_to_a_parquet_file() {
    let project = Project::published();
    let file = project.path("answer.parquet");
    let name = file.to_str().unwrap();
    let sql = "select ordered_date, order_count, make_array(1, 2) as list \
               from marts.orders_daily order by ordered_date";
    for place in [&["query", "--to", name, sql][..], &["query", "--published", "--to", name, sql]] {
        let outcome = project.run(place);
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        assert_eq!(outcome.stdout, "");
        assert!(outcome.stderr.contains("rows in"), "{}", outcome.stderr);
        let reader = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(&file).unwrap());
        let batches: Vec<RecordBatch> =
            reader.unwrap().build().unwrap().collect::<Result<_, _>>().unwrap();
        let counts = batches.iter().flat_map(|batch| {
            batch
                .column_by_name("order_count")
                .unwrap()
                .as_primitive::<Int64Type>()
                .values()
                .to_vec()
        });
        assert_eq!(counts.sum::<i64>(), 4);
        assert!(matches!(batches[0].schema().field(2).data_type(), DataType::List(_)));
        fs::remove_file(&file).unwrap();
    }
    let nowhere = project.run(&["query", "--to", "no/such.parquet", "select 1 as one"]);
    assert_eq!(nowhere.code, Some(2), "{}", nowhere.stderr);
    assert!(nowhere.stderr.contains("there is no folder no"), "{}", nowhere.stderr);
}

/// What is published is a matter of the commit: no SQL file is read for it, and no other mart.
#[test]
fn what_is_published_is_read_whatever_became_of_its_sql() {
    let project = Project::published();
    fs::write(project.path("sql/marts/orders_daily.sql"), "selec nonsense").unwrap();
    let version = fs::read_dir(project.path("out/marts/_journeymart/versions")).unwrap().next();
    let marts = fs::read_dir(version.unwrap().unwrap().path()).unwrap();
    let others = marts.map(Result::unwrap).filter(|mart| mart.file_name() != "orders_daily");
    for other in others {
        fs::write(other.path().join("part-00000.parquet"), "no Parquet").unwrap();
    }
    let ask = |sql| project.run(&["query", "--published", "--output", "json", sql]);
    let counted =
        "select sum(order_count) as n from marts.orders_daily where ordered_date <= $as_of_date";
    let answer = ask(counted);
    assert_eq!(answer.stdout.trim(), r#"[{"n":4}]"#, "{}", answer.stderr);
    assert_eq!(project.run(&["query", counted]).code, Some(2));
    for (sql, message) in [
        ("select 1 as one from core.orders", "there is no table core.orders"),
        ("select 1 as one from marts.orders_dayly", "did you mean `marts.orders_daily`"),
        ("select $as_of_dat as day", "`$as_of_dat` is no parameter"),
    ] {
        let outcome = ask(sql);
        assert_eq!(outcome.code, Some(2), "{sql}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(message), "{sql}: {}", outcome.stderr);
    }
}

#[test]
fn a_moved_or_touched_project_has_nothing_to_do() {
    let project = Project::published();
    let elsewhere = tempfile::tempdir().unwrap();
    let moved = elsewhere.path().join("moved");
    fs::rename(project.dir.path(), &moved).unwrap();
    let orders = fs::File::options().append(true).open(moved.join("exports/orders.csv")).unwrap();
    orders.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let again = journeymart(&moved, &["run"], &[]);
    assert!(again.stdout.contains("nothing to do"), "{}\n{}", again.stdout, again.stderr);
}

#[test]
fn what_cannot_be_kept_is_a_warning() {
    let project = Project::published();
    fs::remove_dir_all(project.path(".journeymart/cache")).unwrap();
    fs::write(project.path(".journeymart/cache"), "in the way").unwrap();
    let outcome = project.run(&["run", "--full-refresh"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let said = |text: &&str| outcome.stderr.contains(*text);
    let wanted = ["warning[JM0505]", "pipelines/shop.yaml:14:3", "nothing is lost"];
    assert!(wanted.iter().all(said), "{}", outcome.stderr);
    assert!(project.read_marts() == project.marts, "published files changed");
}

#[test]
fn configuration_errors_stop_everything() {
    let project = Project::published();
    project.edit("pipelines/shop.yaml", "\nsources:", "\nsorces:");
    project.refuses(2, "did you mean `sources`?");
    project.edit("pipelines/shop.yaml", "\nsorces:", "\nsources:");
    project.edit("pipelines/shop.yaml", "Europe/Amsterdam", "Europe/Amsterdm");
    project.refuses(2, "did you mean `Europe/Amsterdam`?");
}

#[test]
fn bad_files_are_named_and_nothing_is_published() {
    let project = Project::published();
    let orders = project.path("exports/orders.csv");
    let text = fs::read_to_string(&orders).unwrap();
    for (spoilt, code, message) in [
        (text.replacen("2026-01-05 21", "2026-99-05 21", 1), 4, "exports/orders.csv:3"),
        (text.replacen(",amount,", ",amnt,", 1), 1, "declare `from: amnt`"),
        (text.replacen("updated_at", "Order-ID", 1), 1, "order_id"),
    ] {
        fs::write(&orders, spoilt).unwrap();
        project.refuses(code, message);
    }
    fs::write(&orders, b"order_id,email,ordered_at,amount,updated_at\n1,caf\xe9,,,\n").unwrap();
    project.refuses(1, "windows-1252");
    // A gzip header and the first bytes of a stream that goes on.
    fs::write(&orders, b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\xcc").unwrap();
    project.refuses(1, "ends before its compressed content does");
    fs::rename(&orders, project.path("exports/sales.csv")).unwrap();
    project.refuses(1, "`exports/sales.csv` lies there");
    fs::remove_file(project.path("exports/sales.csv")).unwrap();
    project.refuses(1, "the folder is empty");
    fs::remove_dir(project.path("exports")).unwrap();
    project.refuses(2, "does not exist");
}

#[test]
fn carried_columns_arrive_beside_those_of_the_contract() {
    let project = Project::published();
    let pipeline = "pipelines/shop.yaml";
    project.edit(
        pipeline,
        "    feeds: orders\n",
        "    feeds: orders\n    carry: [updated_at, ordered_on]\n",
    );
    project.edit(
        pipeline,
        "      updated_at:",
        "      ordered_on: {type: string, from: ordered_at}\n      updated_at:",
    );
    let sql = "select order_id, ordered_on from inbound.orders order by order_id limit 1";
    let asked = project.run(&["query", sql, "--output", "json"]);
    assert_eq!(asked.code, Some(0), "{}", asked.stderr);
    assert!(asked.stdout.contains("2026-"), "{}", asked.stdout);
    project.edit("sql/inbound/shop.sql", "select\n", "select distinct\n");
    project.refuses(2, "source `shop` carries `ordered_on`, but each of its mappings groups rows");
}

#[test]
fn promises_of_sources_are_held() {
    let project = Project::published();
    let pipeline = "pipelines/shop.yaml";
    // Nothing is new, and that is what is wrong.
    project.edit(
        pipeline,
        "    feeds: orders\n",
        "    feeds: orders\n    freshness: {error_after: 24h}\n",
    );
    project.refuses(4, "source `shop`: the newest row is of 2026-");
    project.edit(pipeline, "error_after", "warn_after");
    let warned = project.run(&["run"]);
    assert_eq!(warned.code, Some(0), "{}", warned.stderr);
    assert!(warned.stderr.contains("hours before the run"), "{}", warned.stderr);
    let runs = project.run(&["runs", "--output", "json"]);
    let runs: serde_json::Value = serde_json::from_str(&runs.stdout).unwrap();
    let newest = &runs[0]["sources"][0];
    assert_eq!(newest["source"], "shop");
    assert_eq!(newest["expectations"][0]["check"], "freshness");
    assert_eq!(newest["expectations"][0]["status"], "warn");

    project.edit(pipeline, "freshness: {warn_after: 24h}", "expect: {row_change: 0.2}");
    let orders = project.path("exports/orders.csv");
    let text = fs::read_to_string(&orders).unwrap();
    let half = text.lines().count() / 2;
    let fewer: String = text.lines().take(half).map(|line| format!("{line}\n")).collect();
    fs::write(&orders, fewer).unwrap();
    project.refuses(4, "rows, where earlier runs had");
    fs::write(&orders, text).unwrap();
    assert_eq!(project.run(&["run"]).code, Some(0));
}

#[test]
fn columns_that_come_are_told_by_file_and_column() {
    let project = Project::published();
    let orders = project.path("exports/orders.csv");
    let text = fs::read_to_string(&orders).unwrap();
    let wider: String = text
        .lines()
        .enumerate()
        .map(|(row, line)| format!("{line},{}\n", if row == 0 { "loyalty_tier" } else { "gold" }))
        .collect();
    fs::write(&orders, &wider).unwrap();
    let warned = project.run(&["run"]);
    assert_eq!(warned.code, Some(0), "{}", warned.stderr);
    let said = "`exports/orders.csv` has a column `loyalty_tier`, which no file of the last published run had";
    assert!(warned.stderr.contains(said), "{}", warned.stderr);
    let runs = project.run(&["runs", "--output", "json"]);
    let runs: serde_json::Value = serde_json::from_str(&runs.stdout).unwrap();
    let drift = &runs[0]["sources"][0]["drift"][0];
    assert_eq!(drift["change"], "added");
    assert_eq!(drift["column"], "loyalty_tier");
    assert_eq!(drift["file"], "exports/orders.csv");

    // Now it is known; and a source that wants every column declared does not take it.
    project.edit("exports/orders.csv", "40.00", "41.00");
    let again = project.run(&["run"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert!(!again.stderr.contains("loyalty_tier"), "{}", again.stderr);
    let mut project = project;
    project.marts = project.read_marts();
    let strict = "    feeds: orders\n    drift: {added: error}\n";
    project.edit("pipelines/shop.yaml", "    feeds: orders\n", strict);
    project.refuses(1, "`exports/orders.csv` has a column `loyalty_tier`, which is not declared");
}

#[test]
fn faults_in_sql_are_reported_together() {
    let project = Project::published();
    fs::write(project.path("sql/marts/first.sql"), "select nosuch from core.orders\n").unwrap();
    fs::write(project.path("sql/marts/second.sql"), "select now() as at\n").unwrap();
    project.refuses(2, "sql/marts/first.sql:1:8");
    project.refuses(2, "sql/marts/second.sql:1:8");
    fs::remove_file(project.path("sql/marts/first.sql")).unwrap();
    fs::remove_file(project.path("sql/marts/second.sql")).unwrap();
    fs::write(project.path("sql/marts/a.sql"), "select * from marts.b\n").unwrap();
    fs::write(project.path("sql/marts/b.sql"), "select * from marts.a\n").unwrap();
    project.refuses(2, "marts.a → marts.b → marts.a");
}

#[test]
fn what_checks_keep_cannot_do_harm() {
    let project = Project::published();
    let folder = project.path(".journeymart/cache/checked");
    let files = || -> Vec<PathBuf> {
        fs::read_dir(&folder).into_iter().flatten().map(|file| file.unwrap().path()).collect()
    };
    let check = || {
        let outcome = project.run(&["check"]);
        (outcome.code, outcome.stdout, outcome.stderr)
    };
    // The run checked, too, and kept what a check finds.
    let [file] = files().try_into().unwrap();
    let written = fs::metadata(&file).unwrap().modified().unwrap();
    let whole = check();
    assert_eq!(whole.0, Some(0), "{}", whole.2);
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), written, "nothing was new");

    fs::write(&file, "not what was kept").unwrap();
    assert_eq!(check(), whole);
    assert!(fs::metadata(&file).unwrap().len() > 1_000, "written anew");

    let cleaned = project.run(&["clean"]);
    assert!(!cleaned.stdout.starts_with("freed 0 bytes"), "{}", cleaned.stdout);
    assert_eq!(files(), Vec::<PathBuf>::new());

    // A file in place of the folder: nothing can be kept, and nobody minds.
    fs::create_dir_all(folder.parent().unwrap()).unwrap();
    fs::write(&folder, "").unwrap();
    assert_eq!(check(), whole);
    assert_eq!(fs::read(&folder).unwrap(), b"");
}

#[test]
fn failed_checks_publish_nothing() {
    let project = Project::published();
    project.edit("sql/marts/orders_daily.sql", "order_count > 0", "order_count > 1");
    project.refuses(3, "violate `order_count > 1`");
    project.edit("sql/marts/orders_daily.sql", "order_count > 1", "order_count > 0");
    project.edit("sql/marts/orders_daily.sql", "grain: [ordered_date]", "grain: [order_count]");
    project.refuses(3, "keys of the grain");
}

#[test]
fn failed_checks_of_tables_in_between_publish_nothing() {
    let project = Project::published();
    fs::create_dir_all(project.path("sql/core")).unwrap();
    let table = "/*\nchecks: [gross_amount < 0]\n*/\nselect * from core.orders\n";
    fs::write(project.path("sql/core/sales.sql"), table).unwrap();
    fs::write(project.path("sql/marts/sales.sql"), "select order_id from core.sales\n").unwrap();
    project.refuses(3, "core.sales: 4 rows violate `gross_amount < 0`");
    project.edit("sql/core/sales.sql", "gross_amount < 0", "gross_amount >= 0");
    // A law about a table and what it reads stands in a file beside it.
    let law = "-- fail: no order gets lost\nselect count(*) from core.sales\n\
               having count(*) != (select count(*) - 1 from core.orders);\n";
    fs::write(project.path("sql/core/sales.check.sql"), law).unwrap();
    project.refuses(3, "core.sales: 1 rows violate `no order gets lost`");
    fs::write(project.path("sql/core/sales.check.sql"), law.replace(" - 1", "")).unwrap();
    let run = project.run(&["run"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

/// E33: what was published under the old map stays in its commit; the new one has a version of its own.
#[test]
fn another_definition_of_a_journey_is_another_version() {
    let project = Project::published();
    let mart = project.path("out/marts/journey_conversion.parquet");
    assert!(!mart.exists(), "no journey is declared yet");
    let pipeline = fs::read_dir(project.path("pipelines")).unwrap().next().unwrap().unwrap();
    let pipeline = format!("pipelines/{}", pipeline.file_name().to_string_lossy());
    let journeys = "\njourneys:\n  buy:\n    stages:\n      order: {when: kind = 'order'}\n    \
                    goal: kind = 'order'\n";
    let text = fs::read_to_string(project.path(&pipeline)).unwrap();
    fs::write(project.path(&pipeline), text + journeys).unwrap();
    let versions = || {
        let run = project.run(&["run"]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let query = "select distinct journey_version from marts.journey_conversion";
        project.run(&["query", "--published", "--output", "json", query]).stdout
    };
    let old = versions();
    assert!(old.matches("journey_version").count() == 1, "{old}");
    project.edit(&pipeline, "order: {when: kind = 'order'}", "order: {when: channel != 'post'}");
    let new = versions();
    assert!(new.matches("journey_version").count() == 1 && new != old, "{new}");
    assert_eq!(project.run(&["rollback"]).code, Some(0));
    let query = "select distinct journey_version from marts.journey_conversion";
    assert_eq!(project.run(&["query", "--published", "--output", "json", query]).stdout, old);
}

#[test]
fn an_older_day_needs_permission() {
    let project = Project::published();
    let older = project.run(&["run", "--param", "as_of_date=2026-01-31"]);
    assert_eq!(older.code, Some(3), "{}", older.stderr);
    assert!(older.stderr.contains("--allow-older"), "{}", older.stderr);
    assert!(project.read_marts() == project.marts);
}

#[test]
fn a_location_of_another_pipeline_is_refused() {
    let project = Project::published();
    project.edit("pipelines/shop.yaml", "pipeline: shop", "pipeline: other");
    project.refuses(2, "belongs to pipeline `shop`");
}

#[test]
fn rollback_and_history() {
    let project = Project::published();
    project.edit("exports/orders.csv", "40.00", "41.00");
    assert_eq!(project.run(&["run"]).code, Some(0));
    assert!(project.read_marts() != project.marts);
    let back = project.run(&["rollback"]);
    assert_eq!(back.code, Some(0), "{}", back.stderr);
    assert!(project.read_marts() == project.marts);
    let runs = project.run(&["runs"]);
    assert_eq!(runs.stdout.lines().filter(|line| line.contains("success")).count(), 2);
    let vacuum = project.run(&["vacuum", "--keep", "1", "--min-age", "0s"]);
    assert_eq!(vacuum.code, Some(0), "{}", vacuum.stderr);
    assert!(project.read_marts() == project.marts);
}

#[test]
fn a_crash_at_any_step_leaves_whole_marts_and_the_next_run_completes() {
    let contents =
        |project: &Project| -> Vec<Vec<u8>> { project.read_marts().into_values().collect() };
    let undisturbed = Project::published();
    undisturbed.edit("exports/orders.csv", "40.00", "41.00");
    assert_eq!(undisturbed.run(&["run"]).code, Some(0));
    for failpoint in [
        "publish.after_version",
        "publish.before_commit",
        "publish.after_commit",
        "publish.between_stable_files",
        "publish.before_current",
    ] {
        let project = Project::published();
        project.edit("exports/orders.csv", "40.00", "41.00");
        let crashed =
            journeymart(project.dir.path(), &["run"], &[("JOURNEYMART_FAILPOINT", failpoint)]);
        assert_eq!(crashed.code, None, "{failpoint} was not reached");
        for (path, bytes) in project.read_marts() {
            assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"), "{}", path.display());
        }
        assert_eq!(project.run(&["run"]).code, Some(0));
        assert!(contents(&project) == contents(&undisturbed), "{failpoint}");
    }
}

#[test]
fn a_failed_run_is_repeated_with_its_parameters() {
    let project = Project::published();
    let text = fs::read_to_string(project.path("exports/orders.csv")).unwrap();
    fs::write(project.path("exports/orders.csv"), text.replacen("2026-01-05 21", "x", 1)).unwrap();
    assert_eq!(project.run(&["run", "--param", "as_of_date=2026-04-30"]).code, Some(4));
    fs::write(project.path("exports/orders.csv"), text).unwrap();
    let retried = project.run(&["retry", "--output", "json"]);
    assert_eq!(retried.code, Some(0), "{}", retried.stderr);
    let results: serde_json::Value = serde_json::from_str(&retried.stdout).unwrap();
    assert_eq!(results["parameters"]["as_of_date"], "2026-04-30");
    assert_eq!(results["status"], "success");
    assert_eq!(project.run(&["retry"]).code, Some(2), "the newest run did not fail");
}
