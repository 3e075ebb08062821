/*!
Whether a preset fits: its columns are found, and it loads the files.
*/

use serde_json::{Map, Value, json};

use super::{Workshop, dialect::Dialect, files::Group, layout::Layout, read::Table, trial};
use crate::{
    config::{
        preset::Preset,
        reading::{Format, Names},
        source::{Column, Source, SurveyConfig},
    },
    sources::{InputFile, fold},
};

/// A preset that fits, with what has to be said beside it.
#[derive(Debug)]
pub(crate) struct Recognised {
    pub(crate) name: String,
    /// Keys that differ from the preset's: format, delimiter, encoding.
    pub(crate) beside: Map<String, Value>,
    /// The headers and paths that the preset reads.
    pub(crate) used: Vec<String>,
}

impl Recognised {
    /// Whether the preset reads a header or path, or something within it.
    pub(crate) fn reads(&self, header: &str) -> bool {
        let within = |one: &str, other: &str| {
            one.strip_prefix(other)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.used
            .iter()
            .any(|used| within(used, header) || within(header, used) || fold(used) == fold(header))
    }
}

/// Files and records that a preset is tried on.
const FILES: usize = 3;
const RECORDS: u64 = 500;

/// The preset that fits best. `table` says what columns there are.
pub(crate) fn recognise(
    workshop: &Workshop,
    group: &Group,
    layout: &Layout,
    dialect: Option<&Dialect>,
    encoding: &str,
    table: &Table,
) -> Option<Recognised> {
    let headers: Vec<String> = table.columns.iter().map(|column| column.from.clone()).collect();
    let mut best: Option<(usize, usize, Recognised)> = None;
    for name in &workshop.presets {
        let declared = declared(workshop, group, name, layout, dialect, encoding, table);
        let Some((source, beside)) = declared else { continue };
        let known = layout.is_json()
            || matches!(source.csv.names, Names::Header { .. })
            || *layout == Layout::Parquet;
        let present = |column: &&Column| column.from.iter().any(|from| has(&headers, from, layout));
        let found: Vec<&Column> = source.columns.iter().filter(present).collect();
        let own = |column: &&Column| column.required || source.key.contains(&column.name);
        let enough = found.len() * 2 > source.columns.len()
            && source.columns.iter().filter(own).all(|column| present(&column));
        if known && (!enough || found.len() < 3) {
            continue;
        }
        // Without a header in the preset there is none in the file, unless comments name the columns.
        let headed = dialect.is_none_or(|dialect| dialect.header.is_some());
        if !known && headed && !matches!(source.csv.names, Names::Line(_)) {
            continue;
        }
        let Some(filled) = tried(workshop, &source, &group.files) else { continue };
        let count = if known { found.len() } else { filled };
        let share = count * 1_000 / source.columns.len().max(1);
        if !known && share < 300 {
            continue;
        }
        if best.as_ref().is_none_or(|(least, most, _)| (share, count) > (*least, *most)) {
            let used = source.columns.iter().flat_map(|column| column.from.clone()).collect();
            best = Some((share, count, Recognised { name: name.clone(), beside, used }));
        }
    }
    best.map(|(.., recognised)| recognised)
}

/// The preset over these files, if its format can be theirs.
fn declared(
    workshop: &Workshop,
    group: &Group,
    preset: &str,
    layout: &Layout,
    dialect: Option<&Dialect>,
    encoding: &str,
    table: &Table,
) -> Option<(Source, Map<String, Value>)> {
    let mut beside = Map::new();
    beside.extend(survey(workshop, preset, table).map(|survey| ("survey".to_owned(), survey)));
    let resolve = |beside: &Map<String, Value>| {
        let mut config = Map::from_iter([
            ("preset".to_owned(), json!(preset)),
            ("path".to_owned(), json!(group.path)),
        ]);
        config.extend(beside.clone());
        workshop.resolve(&group.name, &config.into()).ok()
    };
    let source = resolve(&beside)?;
    let typed = |format: Format| matches!(format, Format::Ndjson | Format::Json | Format::Parquet);
    match (layout, source.format) {
        (Layout::Delimited, Format::Csv) => {
            let detected = &dialect?.csv;
            if matches!(source.csv.names, Names::Header { .. })
                && detected.delimiter != source.csv.delimiter
            {
                let delimiter = char::from(detected.delimiter).to_string();
                beside.insert("csv".to_owned(), json!({"delimiter": delimiter}));
            }
            if encoding != "utf-8" && source.csv.encoding == "utf-8" {
                let csv = beside.entry("csv").or_insert_with(|| json!({}));
                csv["encoding"] = json!(encoding);
            }
        }
        (Layout::Lines, Format::Ndjson) | (Layout::Parquet, Format::Parquet) => {}
        (Layout::Document(path), Format::Json) => {
            if *path != source.json.records {
                return None;
            }
        }
        (Layout::Lines, format) if typed(format) && format != Format::Parquet => {
            beside.insert("format".to_owned(), json!("ndjson"));
        }
        (Layout::Document(None), Format::Ndjson) => {
            beside.insert("format".to_owned(), json!("json"));
        }
        (Layout::Parquet, format) if typed(format) => {
            beside.insert("format".to_owned(), json!("parquet"));
        }
        _ => return None,
    }
    let source = resolve(&beside)?;
    Some((source, beside))
}

/// What a preset of surveys wants to know: which question is scored, and how. The first column of
/// small whole numbers that the preset does not read is taken for it.
fn survey(workshop: &Workshop, name: &str, table: &Table) -> Option<Value> {
    let (file, text) = workshop.library.preset(&workshop.project_dir, name).ok()??;
    let preset = Preset::read(&file, &text).ok()?.source;
    if preset.survey != Some(SurveyConfig::default()) {
        return None;
    }
    let reads = |header: &str| {
        preset.columns.iter().any(|(name, column)| {
            let from = column.from.as_ref().map_or(std::slice::from_ref(name), |from| &from.0);
            from.iter().any(|from| fold(from) == fold(header))
        })
    };
    table.columns.iter().find_map(|column| {
        let numbers = &column.profile.numbers;
        let greatest = numbers.greatest.filter(|greatest| (1..=10).contains(greatest))?;
        let is_score = numbers.whole * 2 > column.profile.values && !reads(&column.from);
        let (kind, scale) = if greatest > 5 { ("nps", [0, 10]) } else { ("csat", [1, 5]) };
        is_score.then(|| json!({"kind": kind, "scale": scale, "score": column.from}))
    })
}

/// Whether the files have what a column is read from.
fn has(headers: &[String], from: &str, layout: &Layout) -> bool {
    if *layout == Layout::Delimited {
        return headers.iter().any(|header| header.trim() == from || fold(header) == fold(from));
    }
    let reaches = |one: &str, other: &str| {
        one.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    headers.iter().any(|header| reaches(from, header) || reaches(header, from))
}

/// Loads a few records; the columns that held anything, if most rows came through.
fn tried(workshop: &Workshop, source: &Source, files: &[InputFile]) -> Option<usize> {
    let files = workshop.with_names(source, &files[..files.len().min(FILES)]).ok()?;
    let records = vec![RECORDS; files.len()];
    let mut filled = vec![false; source.columns.len()];
    let trial = trial::load(source, &files, &records, &workshop.options, |rows| {
        for (filled, column) in filled.iter_mut().zip(rows.columns()) {
            *filled |= column.null_count() < column.len();
        }
    })
    .ok()?;
    let bad = trial.books.rows_quarantined + trial.books.rows_with_nulled_cells;
    // A file without rows is known by its header alone.
    (bad * 10 <= trial.books.rows_read).then(|| filled.iter().filter(|filled| **filled).count())
}
