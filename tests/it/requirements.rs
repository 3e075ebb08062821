//! `docs/requirements.yaml`: every answer it names is a column that exists, that at least one shipped
//! pipeline fills, and that a case or a world's truth asserts; `docs/requirements.md` shows it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
    sync::Arc,
};

use indexmap::IndexMap;
use journeymart::{
    checks::cases,
    config::yaml,
    error::{Diagnostic, Diagnostics},
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::worlds::{self, PIPELINES, published, tables};

/// One thing that customer journey analytics asks for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Requirement {
    number: u32,
    need: String,
    /// Columns by table; with `out_of_scope`, the nearest there is.
    #[serde(default)]
    answers: IndexMap<String, Vec<String>>,
    note: Option<String>,
    /// Why it will not be answered.
    out_of_scope: Option<String>,
    /// What is not answered yet.
    open: Option<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn requirements() -> Vec<Requirement> {
    let file = "docs/requirements.yaml";
    let text: Arc<str> = fs::read_to_string(root().join(file)).unwrap().into();
    let mut found = Diagnostics::default();
    let read = yaml::read::<Vec<Requirement>>(file, &text, 0..text.len(), &mut found);
    let faults: Vec<String> = found
        .finish()
        .unwrap_or_else(|error| error.diagnostics)
        .iter()
        .map(Diagnostic::to_string)
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    read.unwrap().0
}

/// `schema.table` with its columns, over all requirements.
fn answers(requirements: &[Requirement]) -> BTreeMap<String, BTreeSet<String>> {
    let mut answers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (table, columns) in requirements.iter().flat_map(|requirement| &requirement.answers) {
        answers.entry(table.clone()).or_default().extend(columns.iter().cloned());
    }
    answers
}

#[test]
fn every_requirement_is_answered_or_says_why_not() {
    let requirements = requirements();
    let numbers: Vec<u32> = requirements.iter().map(|requirement| requirement.number).collect();
    assert_eq!(numbers, (1..=58).collect::<Vec<u32>>());
    for Requirement { number, answers, out_of_scope, open, .. } in &requirements {
        assert!(!answers.is_empty() || open.is_some(), "{number} points to nothing");
        assert!(out_of_scope.is_none() || open.is_none(), "{number} is never answered and open");
        assert!(answers.values().all(|columns| !columns.is_empty()), "{number} names no column");
    }
}

#[test]
fn every_answer_exists_is_filled_and_is_asserted() {
    let wanted = answers(&requirements());
    let asserted = asserted();
    let mut missing: BTreeSet<String> = BTreeSet::new();
    let mut empty: BTreeSet<String> = BTreeSet::new();
    for (table, columns) in &wanted {
        missing.extend(columns.iter().map(|column| format!("{table}.{column}")));
    }
    empty.clone_from(&missing);
    let unasserted: Vec<&String> =
        missing.iter().filter(|column| !asserted.contains(*column)).collect();
    assert!(unasserted.is_empty(), "no case asserts {unasserted:#?}");
    for pipeline in PIPELINES {
        let known = tables(pipeline);
        let mut questions = [Vec::new(), Vec::new()];
        for (table, columns) in &wanted {
            let Some(known) = known.get(table) else { continue };
            let name = |column: &String| format!("{table}.{column}");
            let columns = || columns.iter().filter(|column| known.contains(column));
            for column in columns() {
                missing.remove(&name(column));
            }
            let filled: Vec<String> = columns()
                .filter(|column| empty.contains(&name(column)))
                .map(|column| {
                    format!("case when count({column}) > 0 then '{} ' else '' end", name(column))
                })
                .collect();
            let mart = table.strip_prefix("marts.");
            if !filled.is_empty() && mart.is_none_or(|mart| published(pipeline).has(mart)) {
                let question = format!("select {} as filled from {table}", filled.join(" || "));
                questions[usize::from(mart.is_some())].push(question);
            }
        }
        // Tables before the marts are computed, in one query so that none is computed twice.
        for questions in questions.iter().filter(|questions| !questions.is_empty()) {
            for row in published(pipeline).query(&questions.join(" union all ")) {
                for name in row[0].as_str().unwrap().split_whitespace() {
                    empty.remove(name);
                }
            }
        }
    }
    assert!(missing.is_empty(), "no shipped pipeline has {missing:#?}");
    assert!(empty.is_empty(), "null in every shipped pipeline: {empty:#?}");
}

/// The columns that SQL cases expect, and those that the truth of a world is asked about.
fn asserted() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for case in cases::discover(root()).unwrap() {
        // A null says little: a column that is always null would pass.
        let cells = case.content.expect.iter().flatten().filter(|(_, value)| !value.is_null());
        found.extend(cells.map(|(column, _)| format!("{}.{column}", case.table)));
    }
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "_.".contains(letter);
    for world in worlds::WORLDS {
        for figure in worlds::figures(world) {
            let words: Vec<&str> = figure.sql.split(|letter| !is_name(letter)).collect();
            let tables = words.iter().filter(|word| word.contains('.'));
            for table in tables {
                found.extend(words.iter().map(|word| format!("{table}.{word}")));
            }
        }
    }
    found
}

#[test]
fn the_page_shows_the_file() {
    let page = page(&requirements());
    let path = root().join("docs/requirements.md");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "{} is out of date; UPDATE_EXPECT=1 rewrites it", path.display());
}

fn page(requirements: &[Requirement]) -> String {
    let open = requirements.iter().filter(|requirement| requirement.open.is_some()).count();
    let mut page = String::from(
        "# What is asked, and what answers it\n\n\
         Made from `requirements.yaml` by a test, which also holds every column named here to exist, to be \
         filled by a shipped pipeline and to be asserted by a case. `journeymart explain TABLE` tells \
         more of each.\n\n",
    );
    match open {
        0 => page += "Nothing is open.\n",
        _ => {
            writeln!(page, "{open} of {} are open, wholly or in part.", requirements.len()).unwrap()
        }
    }
    page += "\n| | asked for | answered by |\n|---|---|---|\n";
    for requirement in requirements {
        let mut parts = Vec::new();
        if let Some(open) = &requirement.open {
            parts.push(format!("**Open.** {open}"));
        }
        if let Some(why) = &requirement.out_of_scope {
            parts.push(format!("**Out of scope.** {why}"));
        }
        for (table, columns) in &requirement.answers {
            let columns: Vec<String> = columns.iter().map(|column| format!("`{column}`")).collect();
            parts.push(format!("`{table}`: {}", columns.join(", ")));
        }
        parts.extend(requirement.note.clone());
        let Requirement { number, need, .. } = requirement;
        writeln!(page, "| {number} | {need} | {} |", parts.join("<br>")).unwrap();
    }
    page
}
