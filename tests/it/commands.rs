//! What the commands between `init` and `run` print, and the options of `run`.

use std::fs;

use crate::project::Project;

#[track_caller]
fn prints(project: &Project, arguments: &[&str], wanted: &[&str]) {
    let outcome = project.run(arguments);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    for text in wanted {
        assert!(outcome.stdout.contains(text), "{text}: {}", outcome.stdout);
    }
}

#[test]
fn tables_are_listed_shown_and_traced() {
    let project = Project::published();
    prints(&project, &["ls", "--select", "marts.*"], &["marts.orders_daily"]);
    prints(&project, &["show", "marts.orders_daily"], &["order_count"]);
    prints(&project, &["lineage", "marts.orders_daily.net_amount"], &["raw.shop"]);
    let counted = project.run(&["lineage", "marts.orders_daily.order_count"]);
    assert!(counted.stderr.contains("no other table or column goes into"), "{}", counted.stderr);
    prints(&project, &["schema"], &["\"additionalProperties\": false", "sources"]);
    prints(&project, &["completions", "bash"], &["journeymart"]);
}

#[test]
fn the_plan_says_what_a_run_would_do_and_why() {
    let project = Project::published();
    prints(&project, &["plan"], &["nothing to do"]);
    project.edit("exports/orders.csv", "40.00", "41.00");
    prints(&project, &["plan"], &["marts.orders_daily"]);
    assert!(project.read_marts() == project.marts, "a plan changes nothing");
    assert_eq!(project.run(&["run"]).code, Some(0));
    assert!(project.read_marts() != project.marts, "the run did what the plan said");
}

#[test]
fn a_dry_run_publishes_nothing() {
    let project = Project::published();
    project.edit("exports/orders.csv", "40.00", "41.00");
    let dry = project.run(&["run", "--dry-run"]);
    assert_eq!(dry.code, Some(0), "{}", dry.stderr);
    assert!(dry.stdout.contains("nothing published"), "{}", dry.stdout);
    assert!(project.read_marts() == project.marts);
}

#[test]
fn a_selection_leaves_the_other_marts_as_they_are() {
    let project = Project::published();
    project.edit("exports/orders.csv", "40.00", "41.00");
    let selected = project.run(&["run", "--select", "marts.orders_daily"]);
    assert_eq!(selected.code, Some(0), "{}", selected.stderr);
    let after = project.read_marts();
    for (path, bytes) in &project.marts {
        let is_selected = path.ends_with("orders_daily.parquet");
        assert_eq!(after[path] != *bytes, is_selected, "{}", path.display());
    }
    let rest = project.run(&["run", "--exclude", "marts.orders_daily"]);
    assert_eq!(rest.code, Some(0), "{}", rest.stderr);
    assert_eq!(project.run(&["run", "--select", "marts.nobody"]).code, Some(2));
}

#[test]
fn targets_that_nobody_declared_and_places_that_cannot_be_written_are_refused() {
    let project = Project::published();
    let outcome = project.run(&["run", "--target", "prod"]);
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("no target is called `prod`"), "{}", outcome.stderr);
    let text = fs::read_to_string(project.path("pipelines/shop.yaml")).unwrap();
    let text = text + "\ntargets:\n  web:\n    locations: {marts: https://h.example/marts}\n";
    fs::write(project.path("pipelines/shop.yaml"), text).unwrap();
    for command in ["check", "run"] {
        let outcome = project.run(&[command, "--target", "web"]);
        assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("the web is only read"), "{}", outcome.stderr);
    }
}

/// Rows that cost a run its budget are shown to whoever asks for them.
#[test]
fn what_was_refused_can_be_asked_for() {
    let project = Project::published();
    project.edit("exports/orders.csv", "2026-01-05 21", "x");
    project.refuses(4, "`max_bad_ratio` allows");
    let rows = "select count(*) as n from quarantine.rows";
    let cells = "select count(*) as n from quarantine.cells";
    let found = [rows, cells].map(|sql| {
        let answer = project.run(&["query", "--output", "json", sql]);
        assert_eq!(answer.code, Some(0), "{}", answer.stderr);
        answer.stdout
    });
    assert!(found.iter().any(|answer| answer.contains("\"n\":1")), "{found:?}");
    assert_eq!(project.run(&["query", "select * from core.orders"]).code, Some(4));
    project.refuses(4, "`max_bad_ratio` allows");
}

#[test]
fn a_question_is_wrong_in_a_place() {
    let project = Project::published();
    for more in [&["query"][..], &["query", "--published"][..]] {
        let question = "select order_cont from marts.orders_daily";
        let outcome = project.run(&[more, &[question]].concat());
        assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
        for text in ["query:1:8", "no column is called `order_cont`", "did you mean `order_count`?"]
        {
            assert!(outcome.stderr.contains(text), "{text}: {}", outcome.stderr);
        }
    }
}
