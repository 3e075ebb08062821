//! Real exports, where they are at hand: counted against an independent reading of the same files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use journeymart::{
    config::{
        reading::{Format, Names},
        source::EpochUnit,
    },
    error::codes,
};

use super::{World, header};
use crate::program::program;

/// Where the sample is; says so when it is not there. `JOURNEYMART_SAMPLES` names another folder
/// than the one beside the repository.
pub(crate) fn path(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples");
    let folder = std::env::var_os("JOURNEYMART_SAMPLES").map_or(beside, PathBuf::from);
    let path = folder.join(name);
    if !path.is_file() {
        skipped(&path);
        return None;
    }
    Some(path)
}

fn sample(name: &str) -> Option<Vec<u8>> {
    path(name).map(|path| fs::read(path).unwrap())
}

#[expect(clippy::print_stderr, reason = "a test that skips says so")]
fn skipped(path: &Path) {
    eprintln!("skipped: {} is not there", path.display());
}

#[test]
fn qualtrics_has_one_respondent_and_german_labels() {
    let Some(text) = sample("qualtrics/sample.csv") else { return };
    let loaded = World::new(&[
        ("response_id", "string"),
        ("start_date", "timestamp"),
        ("duration_in_seconds", "int64"),
        ("q1", "int64"),
        ("q2", "string"),
        ("recipient_email", "string"),
    ])
    .with(|source| source.csv.names = header(3))
    .file("sample.csv", text)
    .load();
    assert_eq!(loaded.rows, ["R_2YPOQ602ER1jkf1|2017-07-18T08:28:09Z|38|2|Hello World!|∅"]);
    let labels = &loaded.report.files[0].labels;
    assert_eq!(labels[1].1, ["Anfangsdatum", "{\"ImportId\":\"startDate\"}"]);
    assert_eq!(labels[5].1[0], "E-Mail des Empfängers");
}

#[test]
fn snowplow_has_two_short_rows() {
    let Some(text) = sample("snowplow/enriched-events.tsv") else { return };
    let loaded = World::new(&[
        ("event", "string"),
        ("event_id", "string"),
        ("at", "timestamp"),
        ("last", "string"),
    ])
    .with(|source| {
        source.csv.names = Names::Numbers;
        source.csv.delimiter = b'\t';
        source.csv.quote = None;
    })
    .column("event", |column| column.from = vec!["6".to_owned()])
    .column("event_id", |column| column.from = vec!["7".to_owned()])
    .column("at", |column| column.from = vec!["3".to_owned()])
    .column("last", |column| column.from = vec!["131".to_owned()])
    .file("events.tsv", text)
    .load();
    // awk -F'\t' '{print NF}': 130, 129, then 48 times 131.
    assert_eq!(loaded.rows.len(), 48);
    let places: Vec<&str> =
        loaded.bad_rows.iter().filter_map(|row| row.split(": ").next()).collect();
    assert_eq!(places, ["events.tsv:1", "events.tsv:2"]);
    assert_eq!(loaded.report.books.cells_nulled, 0);
}

#[test]
fn ga4_events_and_their_parameters() {
    let Some(text) = sample("ga4/velir_event.jsonl") else { return };
    let loaded = World::new(&[
        ("event_name", "string"),
        ("at", "timestamp"),
        ("session_id", "int64"),
        ("title", "string"),
        (
            "event_params",
            "list<struct<key: string, value: struct<string_value: string, int_value: int64>>>",
        ),
    ])
    .with(|source| source.format = Format::Ndjson)
    .column("at", |column| {
        column.from = vec!["event_timestamp".to_owned()];
        column.epoch = Some(EpochUnit::Us);
    })
    .column("session_id", |column| {
        column.from = vec!["event_params[key=ga_session_id].value.*".to_owned()]
    })
    .column("title", |column| column.from = vec!["event_params[key=page_title].value.*".to_owned()])
    .file("event.ndjson", text)
    .load();
    let expected = "first_visit|2021-04-06T06:49:50.431476Z|1617691775|Velir | Behavior-Driven Testing in Drupal 8|[{key: ga_session_number, ";
    assert!(loaded.rows[0].starts_with(expected), "{}", loaded.rows[0]);
    assert_eq!(loaded.rows.len(), 1);
}

#[test]
fn files_that_are_broken_on_purpose_are_refused_with_the_reason() {
    if let Some(text) = sample("ga4/fivetran_event_data.csv") {
        let error = World::new(&[("name", "string")]).file("event_data.csv", text).error();
        assert_eq!(error.diagnostics[0].code, codes::HEADER_AMBIGUOUS);
        assert!(error.to_string().contains("`param_session_engaged`"), "{error}");
    }
    if let Some(text) = sample("dataverse_cdm/Contact/partition-data.csv") {
        let world = World::new(&[("created_on", "timestamp"), ("owner_id", "string")]);
        assert_eq!(world.file("partition-data.csv", text).load().report.books.rows_read, 0);
    }
}

const MERGED: &str = r#"
version: 1
pipeline: merged
timezone: Europe/Amsterdam
currency: EUR
params: {as_of_date: {type: date, default: 2026-06-30}}
locations: {exports: "EXPORTS", marts: out}
sources:
  contacts:
    {preset: hubspot_contacts, namespace: hubspot, timezone: UTC, path: "{exports}/contact_data.csv"}
  merges: {preset: hubspot_merges, namespace: hubspot, path: "{exports}/contact_merge_audit_data.csv"}
"#;

#[test]
fn hubspot_merges_make_one_person_of_two_contacts() {
    let Some(contacts) = path("hubspot_fivetran/contact_data.csv") else { return };
    let project = tempfile::tempdir().unwrap();
    fs::create_dir(project.path().join("pipelines")).unwrap();
    let pipeline = MERGED.replace("EXPORTS", contacts.parent().unwrap().to_str().unwrap());
    fs::write(project.path().join("pipelines/merged.yaml"), pipeline).unwrap();
    let sql = "
        select
            (select count(*) from core.identities) as identifiers,
            (select count(distinct customer_id) from core.identities) as people,
            count(*) as merges,
            count(*) filter (where losers.customer_id = winners.customer_id) as applied
        from inbound.merges
        left join core.identities as losers on merges.from_value = losers.id_value
        left join core.identities as winners on merges.to_value = winners.id_value";
    let output = program(project.path()).args(["query", "--output", "json", sql]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    // Union-find in Python over the 22 ids, the 3 that one of them absorbed and the 4 pairs of the
    // audit table, 8 ids more: 30 ids, 23 people.
    let expected = serde_json::json!([
        {"identifiers": 30, "people": 23, "merges": 7, "applied": 7}
    ]);
    assert_eq!(answer, expected);
}

#[test]
fn hubspot_tables_load_whole() {
    // Python's csv module reads 22, 44, 25 and 100 records.
    for (name, id, count) in [
        ("contact_data", "id", 22),
        ("deal_data", "deal_id", 44),
        ("ticket_data", "id", 25),
        ("email_event_data", "id", 100),
    ] {
        let Some(text) = sample(&format!("hubspot_fivetran/{name}.csv")) else { return };
        let loaded = World::new(&[(id, "string")]).file(&format!("{name}.csv"), text).load();
        assert_eq!(
            (loaded.report.books.rows_read, loaded.rows.len()),
            (count, count as usize),
            "{name}"
        );
    }
}
