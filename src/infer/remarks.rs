/*!
What has to be said of a source as a whole, and what columns say about each other.
*/

use serde_json::json;

use super::{
    choose::{Choice, grouped, short},
    keys::Keys,
    preset::Recognised,
    raw::Raw,
    read::Table,
    tally::Tally,
    trial::Trial,
};
use crate::sources::fold;

/// Everything that is known when the remarks are made.
pub(crate) struct Subject<'a> {
    pub(crate) raw: &'a Raw,
    pub(crate) table: &'a Table,
    pub(crate) choices: &'a [Choice],
    pub(crate) recognised: Option<&'a Recognised>,
    pub(crate) keys: &'a Keys,
    pub(crate) trial: &'a Trial,
    pub(crate) paths: &'a [String],
    pub(crate) sizes: u64,
}

/// A column called `name` is a person's where the source holds persons.
pub(crate) fn second_look(choices: &mut [Choice]) {
    let persons = choices.iter().any(|choice| {
        choice
            .settings
            .get("pii")
            .and_then(serde_json::Value::as_str)
            .is_some_and(|class| matches!(class, "email" | "phone"))
    });
    for choice in choices.iter_mut().filter(|choice| choice.name == "name" && persons) {
        choice.settings.entry("pii").or_insert_with(|| json!("name"));
    }
}

/// The comments above a source.
pub(crate) fn of_source(subject: &Subject<'_>) -> Vec<String> {
    let mut notes = vec![looked_at(subject)];
    let own = subject.recognised.is_none();
    if own && subject.trial.books.rows_read == 0 {
        notes.push("nothing to judge by: every column is text until there are rows".to_owned());
    }
    let heading = subject.raw.heading.as_ref();
    if let Some(heading) = heading.filter(|heading| own && !heading.has_names()) {
        notes.push(format!("no header: its {} columns are numbered, name them", heading.width));
    }
    if own && subject.raw.dialect.as_ref().is_some_and(|dialect| dialect.heading.width == 1) {
        notes.push("one column: is this delimited text at all?".to_owned());
    }
    if own && subject.raw.unnamed > 0 {
        notes.push(format!("{} columns without a name are left out", subject.raw.unnamed));
    }
    for name in subject.table.unreachable.iter().filter(|_| own) {
        notes.push(format!("no path reaches the member `{}`: it is left out", short(name)));
    }
    notes.extend(quarantined(subject));
    if subject.recognised.is_none() {
        let local: Vec<&str> = subject
            .choices
            .iter()
            .filter(|choice| choice.local)
            .map(|choice| choice.name.as_str())
            .collect();
        if !local.is_empty() {
            notes.push(format!(
                "without a zone, so read in the pipeline's unless `timezone:` says otherwise: {}",
                listed(&local)
            ));
        }
        notes.extend(alike(subject.choices));
        if subject.keys.key.is_empty() && subject.table.rows > 1 {
            match subject.keys.others.as_slice() {
                [] => notes.push("no key: no column or pair identifies a row".to_owned()),
                others => {
                    let said: Vec<String> =
                        others.iter().take(3).map(|key| format!("[{}]", key.join(", "))).collect();
                    notes.push(format!(
                        "key candidates, by their values alone: {}",
                        said.join(", ")
                    ));
                }
            }
        } else if !subject.keys.others.is_empty() {
            let others: Vec<&str> =
                subject.keys.others.iter().flatten().map(String::as_str).collect();
            notes.push(format!("also unique: {}", listed(&others)));
        }
    }
    notes
}

fn looked_at(subject: &Subject<'_>) -> String {
    let files = match subject.paths.len() {
        1 => "1 file".to_owned(),
        count => format!("{} files", grouped(count as u64)),
    };
    let rows = match subject.trial.books.rows_read {
        0 => "no rows".to_owned(),
        1 => "1 row".to_owned(),
        count => format!("{} rows", grouped(count)),
    };
    if subject.table.complete {
        return format!("{files}, {rows}, all read");
    }
    let touched = subject.table.records.iter().filter(|records| **records > 0).count();
    format!(
        "{files} of {}; judged by the first {rows} ({}) of {}",
        bytes(subject.sizes),
        bytes(subject.table.bytes),
        if touched == 1 {
            "1 file".to_owned()
        } else {
            format!("{} files", grouped(touched as u64))
        }
    )
}

fn bytes(count: u64) -> String {
    match count {
        0..1_024 => format!("{count} B"),
        1_024..1_048_576 => format!("{} KB", count >> 10),
        1_048_576..1_073_741_824 => format!("{} MB", count >> 20),
        _ => format!("{:.1} GB", count as f64 / (1u64 << 30) as f64),
    }
}

/// Rows and cells that the loader would set aside.
fn quarantined(subject: &Subject<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if subject.trial.rows.total() > 0 {
        let rows = subject.trial.rows.total();
        let noun = if rows == 1 { "row goes" } else { "rows go" };
        notes.push(format!(
            "{} {noun} to quarantine: {}",
            grouped(rows),
            counted(&subject.trial.rows, subject.paths)
        ));
    }
    let named = |column: &str| {
        subject.recognised.is_none()
            && subject.choices.iter().any(|choice| choice.name == column && choice.bad > 0)
    };
    for (column, cells) in subject.trial.cells.iter().filter(|(column, _)| !named(column)) {
        let count = cells.total();
        let noun = if count == 1 { "cell" } else { "cells" };
        notes.push(format!(
            "{} bad {noun} in {column}: {}",
            grouped(count),
            counted(cells, subject.paths)
        ));
    }
    notes
}

/// Texts with their counts and first places.
fn counted(tally: &Tally, paths: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut said: Vec<String> = tally
        .words()
        .take(SHOWN)
        .map(|(word, count, place)| {
            let file = paths.get(place.file).map_or("", String::as_str);
            let file = file.rsplit('/').next().unwrap_or(file);
            let word = word.replace('`', "'");
            let more =
                if count > 1 { format!(" and {} more", grouped(count - 1)) } else { String::new() };
            format!("`{}` ({file}:{}{more})", short(&word), place.line)
        })
        .collect();
    if tally.words().count() > SHOWN || !tally.complete() {
        said.push("…".to_owned());
    }
    said.join(", ")
}

/// Names that one may take for another.
fn alike(choices: &[Choice]) -> Vec<String> {
    let bare =
        |name: &str| -> String { name.chars().filter(|sign| sign.is_alphabetic()).collect() };
    let mut notes = Vec::new();
    for (at, one) in choices.iter().enumerate() {
        for other in &choices[at + 1..] {
            let (a, b) = (bare(&one.name), bare(&other.name));
            // `q1_1` and `q1_2` are a series.
            let numbered = one.name.contains(|sign: char| sign.is_ascii_digit())
                || other.name.contains(|sign: char| sign.is_ascii_digit());
            let close = a == b || a.len() > 6 && strsim::damerau_levenshtein(&a, &b) == 1;
            if close && !numbered && fold(&one.from) != fold(&other.from) {
                notes.push(format!("named alike: {} and {}", one.name, other.name));
            }
        }
    }
    notes
}

fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 8;
    let mut said = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        said += &format!(" and {} more", names.len() - SHOWN);
    }
    said
}
