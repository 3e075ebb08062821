//! What the program tells of tables and metrics: `explain`, `docs`, and the metadata of published files.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use crate::program::program;

/// In an empty folder: what every pipeline has.
fn journeymart(dir: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = program(dir).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn explain(subject: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let (code, stdout, stderr) = journeymart(dir.path(), &["explain", subject]);
    assert_eq!(code, Some(0), "{subject}: {stderr}");
    stdout
}

#[test]
fn a_metric_is_explained_wherever_it_stands() {
    for (subject, parts) in [
        (
            "nps",
            vec![
                "marts.survey_scores.nps (float64)",
                "definition  100 * (promoters - detractors) / responses",
                "authority   Bain, netpromotersystem.com",
                "edge cases  Of a respondent's answers in a wave the last one counts.",
                "grain       survey_id, kind, scale_min, scale_max, period_start_date",
                "made of     ",
                "config.settings.min_cell = 10: Smallest number of customers",
            ],
        ),
        (
            "RENEWAL_RATE",
            vec![
                "marts.renewals.renewal_rate",
                "Concentrix",
                "core.renewal_periods.renewed_count",
                "config.subscriptions.renewal_grace_days = 30: Days after a term's end",
                "$as_of_date = ",
            ],
        ),
        ("marts.mrr.net_revenue_retention_ratio", vec!["SaaS Metrics Standards Board"]),
        ("bounce_rate_ga4", vec!["Google Analytics 4", "$session_rules = ga4"]),
    ] {
        let found = explain(subject);
        for part in parts {
            assert!(found.contains(part), "{subject} lacks {part}:\n{found}");
        }
    }
}

#[test]
fn a_table_is_explained_with_its_columns() {
    for subject in ["churn", "marts.churn"] {
        let found = explain(subject);
        for part in
            ["marts.churn\n", "grain       period_unit, ", "reads       ", "logo_churn_rate "]
        {
            assert!(found.contains(part), "{subject} lacks {part}:\n{found}");
        }
    }
    assert!(explain("inbound.events").contains("received_at"));
    assert!(explain("JM0101").starts_with("JM0101: The file is not valid YAML"));
}

#[test]
fn explanations_are_objects_for_programs() {
    let dir = tempfile::tempdir().unwrap();
    let arguments = ["explain", "customer_id", "--output", "json"];
    let (_, stdout, _) = journeymart(dir.path(), &arguments);
    let found: Value = serde_json::from_str(&stdout).unwrap();
    let tables = found["columns"].as_array().unwrap();
    assert!(tables.iter().all(|it| it["table"].as_str().unwrap().starts_with("marts.")));
    assert_eq!(tables[0]["column"]["type"], "string");
    assert!(found["also"].as_array().unwrap().contains(&"core.people.customer_id".into()));
}

#[test]
fn unknown_subjects_name_the_nearest() {
    let dir = tempfile::tempdir().unwrap();
    for (subject, hint) in [
        ("renewal_rat", "did you mean `renewal_rate`?"),
        ("marts.chrun", "did you mean `marts.churn`?"),
        ("marts.churn.logo_churn_rat", "did you mean `marts.churn.logo_churn_rate`?"),
        ("JM9999", "`journeymart ls` lists the tables"),
    ] {
        let (code, stdout, stderr) = journeymart(dir.path(), &["explain", subject]);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
        assert!(stderr.contains(hint), "{subject}: {stderr}");
    }
}

#[test]
fn documentation_leads_from_table_to_table() {
    let dir = tempfile::tempdir().unwrap();
    let (code, stdout, stderr) = journeymart(dir.path(), &["docs", "docs"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("README.md"), "{stdout}");
    let mut targets = BTreeSet::new();
    let mut links = BTreeSet::new();
    for entry in fs::read_dir(dir.path().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let anchors = text.split("<a id=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        targets.extend(anchors.map(|anchor| format!("{name}#{anchor}")));
        targets.insert(name);
        links.extend(
            text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap().to_owned()),
        );
    }
    let broken: Vec<&String> = links.difference(&targets).collect();
    assert!(broken.is_empty(), "{broken:?}");
    assert!(targets.contains("marts.md#marts.renewals") && links.contains("core.md#core.people"));
    let marts = fs::read_to_string(dir.path().join("docs/marts.md")).unwrap();
    for part in [
        "*renewed_count / due_count*<br>After Concentrix, How to calculate a renewal rate",
        "- depends on `config.subscriptions.renewal_grace_days = 30`",
        "`core.renewal_periods.due_count`",
    ] {
        assert!(marts.contains(part), "{part} is missing");
    }
}

#[test]
fn every_published_column_says_what_it_means() {
    let library = Path::new(env!("CARGO_MANIFEST_DIR"));
    for pipeline in crate::worlds::PIPELINES {
        let options = journeymart::run::project::ProjectOptions {
            pipeline: Some(library.join(format!("pipelines/{pipeline}.yaml"))),
            ..Default::default()
        };
        let project = journeymart::run::project::Project::open(&options).unwrap();
        for mart in project.catalog.built_marts() {
            let header = &project.catalog.tables[&mart].header;
            assert!(header.description.is_some() && !header.columns.is_empty(), "{mart}");
            let silent: Vec<&String> = header
                .columns
                .iter()
                .filter(|(_, column)| column.description.is_none())
                .map(|(name, _)| name)
                .collect();
            assert!(silent.is_empty(), "{mart} says nothing of {silent:?}");
        }
    }
}
