/*!
Whether a preset fits: its columns are found, and it loads the files.
*/

use serde_json::{Map, Value, json};

use super::{Workshop, files::Group, layout::Layout, raw::Raw, read::Table, reading, trial};
use crate::{
    config::{
        preset::Preset,
        reading::{Format, Names, RepeatedNames},
        source::{Column, Source, SurveyConfig},
        types::ColumnType,
    },
    sources::{Books, InputFile, fold},
};

/// A preset that fits, with what has to be said beside it.
#[derive(Debug)]
pub(crate) struct Recognised {
    pub(crate) name: String,
    /// Keys that differ from the preset's: format, delimiter, encoding.
    pub(crate) beside: Map<String, Value>,
    /// The headers and paths that the preset reads.
    pub(crate) used: Vec<String>,
    /// Whether the files name their columns, so that others can be offered.
    pub(crate) named: bool,
    /// Presets that fit as well.
    pub(crate) also: Vec<String>,
}

impl Recognised {
    /// Why this one, in words.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let how =
            if self.named { "recognised by its columns" } else { "recognised by its content" };
        let mut reasons = vec![how.to_owned()];
        if !self.also.is_empty() {
            reasons.push(format!("fits as well: {}", self.also.join(", ")));
        }
        reasons
    }

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

/// How well a preset fits: the share of its columns that are here, and their number.
type Score = (usize, usize);

/// The preset that fits best. `table` says what columns there are.
pub(crate) fn recognise(
    workshop: &Workshop,
    group: &Group,
    raw: &Raw,
    table: &Table,
) -> Option<Recognised> {
    let headers: Vec<String> = table.columns.iter().map(|column| column.from.clone()).collect();
    let mut fitting: Vec<(Score, Recognised)> = Vec::new();
    for name in &workshop.presets {
        let Some((source, beside)) = declared(workshop, group, name, raw, table) else { continue };
        let score = if names_in_files(&source) {
            by_name(workshop, group, &source, &headers, &raw.layout)
        } else {
            by_content(workshop, group, &source)
        };
        if let Some(score) = score {
            let used = source.columns.iter().flat_map(|column| column.from.clone()).collect();
            let named = names_in_files(&source);
            let name = name.clone();
            fitting.push((score, Recognised { name, beside, used, named, also: Vec::new() }));
        }
    }
    let best = fitting.iter().map(|(score, _)| *score).max()?;
    fitting.retain(|(score, _)| *score == best);
    // Vendors copy each other's layouts; folders are often called as the vendor says.
    let path = group.path.to_lowercase();
    let hinted = fitting.iter().position(|(_, preset)| {
        path.contains(preset.name.split('_').next().unwrap_or(&preset.name))
    });
    let (_, mut chosen) = fitting.remove(hinted.unwrap_or(0));
    chosen.also = fitting.into_iter().map(|(_, preset)| preset.name).collect();
    Some(chosen)
}

/// Whether the files themselves say what their columns are called.
fn names_in_files(source: &Source) -> bool {
    match source.format {
        Format::Csv => matches!(source.csv.names, Names::Header { .. }),
        Format::Xlsx => matches!(source.xlsx.names, Names::Header { .. }),
        // Only the pattern does.
        Format::Lines => false,
        Format::Ndjson | Format::Json | Format::Parquet | Format::Avro | Format::Arrow => true,
    }
}

/// Most of the preset's columns are there by name, or most of the file's are the preset's; among
/// them all that it cannot do without.
fn by_name(
    workshop: &Workshop,
    group: &Group,
    source: &Source,
    headers: &[String],
    layout: &Layout,
) -> Option<Score> {
    const LEAST: usize = 3;
    // A view of few columns: fewer might be so called anywhere.
    const LEAST_OF_FEW: usize = 6;
    // A small part of the vendor's columns, with names that show whose they are.
    const LEAST_OF_ITS_OWN: usize = 3;
    let present = |column: &&Column| column.from.iter().any(|from| has(headers, from, layout));
    let is_own = |from: &String| is_of_a_vendor(from) && has(headers, from, layout);
    let of_its_own = source.columns.iter().filter(|column| column.from.iter().any(is_own)).count();
    let own = |column: &&Column| column.required || source.key.contains(&column.name);
    let found = source.columns.iter().filter(present).count();
    let complete = source.columns.iter().filter(own).all(|column| present(&column));
    let most = found >= LEAST && found * 2 > source.columns.len();
    let most_of_few = found >= LEAST_OF_FEW && found * 2 > headers.len();
    let few_of_many =
        found >= LEAST_OF_FEW && found * 3 > headers.len() && of_its_own >= LEAST_OF_ITS_OWN;
    if !complete || !(most || most_of_few || few_of_many) {
        return None;
    }
    let Tried { books, .. } = tried(workshop, source, &group.files)?;
    let cells = books.rows_read * found as u64;
    let fits = books.rows_quarantined * 2 <= books.rows_read && books.cells_nulled * 10 <= cells;
    fits.then(|| (found * 1_000 / source.columns.len(), found))
}

/// Names that a vendor's tool puts its mark on; `id` and `email` are anyone's.
fn is_of_a_vendor(header: &str) -> bool {
    const MARKS: [&str; 2] = ["property_", "hs_"];
    MARKS.iter().any(|mark| header.starts_with(mark))
}

/// Nothing in the files names their columns: they have to load, and to fill columns that are no text.
fn by_content(workshop: &Workshop, group: &Group, source: &Source) -> Option<Score> {
    const TYPED: usize = 2;
    const SHARE: usize = 100;
    let Tried { books, filled } = tried(workshop, source, &group.files)?;
    let count = filled.iter().filter(|filled| **filled).count();
    let is_typed = |column: &Column| column.column_type != ColumnType::String;
    let typed =
        filled.iter().zip(&source.columns).filter(|(filled, column)| **filled && is_typed(column));
    let typed = typed.count();
    let bad = books.rows_quarantined + books.rows_with_nulled_cells;
    let fits = typed >= TYPED && books.rows_loaded > 0 && bad * 3 <= books.rows_read;
    let share = count * 1_000 / source.columns.len().max(1);
    (fits && share >= SHARE).then_some((share, count))
}

/// The preset over these files, if its format can be theirs.
fn declared(
    workshop: &Workshop,
    group: &Group,
    preset: &str,
    raw: &Raw,
    table: &Table,
) -> Option<(Source, Map<String, Value>)> {
    let mut beside = Map::new();
    beside.extend(survey(workshop, preset, table).map(|survey| ("survey".to_owned(), survey)));
    let resolve = |beside: &Map<String, Value>| {
        let mut config = Map::from_iter([("preset".to_owned(), json!(preset))]);
        config.extend(group.keys());
        config.extend(beside.clone());
        workshop.resolve(&group.name, &config.into()).ok()
    };
    let source = resolve(&beside)?;
    let typed = |format: Format| matches!(format, Format::Ndjson | Format::Json | Format::Parquet);
    let encoding = &raw.source.csv.encoding;
    match (&raw.layout, source.format) {
        (Layout::Delimited, Format::Csv) => {
            let detected = &raw.source.csv;
            if matches!(source.csv.names, Names::Header { .. })
                && detected.delimiter != source.csv.delimiter
            {
                let delimiter = char::from(detected.delimiter).to_string();
                beside.insert("csv".to_owned(), json!({"delimiter": delimiter}));
            }
            // The loader refuses a file that names two columns alike until it is told what to do.
            if detected.repeated_names == RepeatedNames::Number
                && source.csv.repeated_names == RepeatedNames::Refuse
                && matches!(source.csv.names, Names::Header { .. })
            {
                let csv = beside.entry("csv").or_insert_with(|| json!({}));
                csv["repeated_names"] = json!(RepeatedNames::Number);
            }
            if encoding != "utf-8" && source.csv.encoding == "utf-8" {
                let csv = beside.entry("csv").or_insert_with(|| json!({}));
                csv["encoding"] = json!(encoding);
            }
        }
        (Layout::Lines, Format::Ndjson) => {}
        (Layout::Typed(found), format) if *found == format => {}
        (Layout::Log(pattern), Format::Lines) if *pattern == source.lines.pattern => {}
        (Layout::Sheet, Format::Xlsx) => {}
        // Tables are exported as text or as workbooks, with the same columns.
        (Layout::Sheet, Format::Csv) if matches!(source.csv.names, Names::Header { .. }) => {
            beside.insert("format".to_owned(), json!("xlsx"));
            let options = reading::xlsx(raw);
            if !options.is_empty() {
                beside.insert("xlsx".to_owned(), options.into());
            }
        }
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
        (Layout::Typed(found), format) if typed(format) => {
            beside.insert("format".to_owned(), json!(found));
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
    if matches!(layout, Layout::Delimited | Layout::Sheet) {
        return headers.iter().any(|header| header.trim() == from || fold(header) == fold(from));
    }
    let reaches = |one: &str, other: &str| {
        one.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    headers.iter().any(|header| reaches(from, header) || reaches(header, from))
}

/// What a few records became, and the columns that held anything.
struct Tried {
    books: Books,
    filled: Vec<bool>,
}

fn tried(workshop: &Workshop, source: &Source, files: &[InputFile]) -> Option<Tried> {
    let files = workshop.with_names(source, &files[..files.len().min(FILES)]).ok()?;
    let records = vec![RECORDS; files.len()];
    let mut filled = vec![false; source.columns.len()];
    let trial = trial::load(source, &files, &records, &workshop.options, |rows| {
        for (filled, column) in filled.iter_mut().zip(rows.columns()) {
            *filled |= column.null_count() < column.len();
        }
    })
    .ok()?;
    Some(Tried { books: trial.books, filled })
}
