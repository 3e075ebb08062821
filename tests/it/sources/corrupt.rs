//! Damages exports on purpose: a share of their cells becomes what no column of theirs can mean, and
//! a few records lose their end. Which ones depends on a seed alone.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
};

use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};
use journeymart::{
    config::{
        reading::{Format, Names, Ragged},
        source::{Column, Source},
        types::ColumnType,
    },
    sources::fold,
};
use serde_json::Value;

/// No number, no date, no truth value.
const GARBAGE: &str = "#?";
/// What a spreadsheet makes of a long number.
const DESTROYED: &str = "6.1E+09";

/// What was damaged in one file.
#[derive(Debug, Default)]
pub(super) struct Damage {
    /// Line and column.
    pub(super) cells: Vec<(i64, String)>,
    /// Lines of the records without an end.
    pub(super) records: Vec<i64>,
}

pub(super) struct Corrupter {
    state: u64,
    cell_share: f64,
    record_share: f64,
}

impl Corrupter {
    pub(super) fn new(seed: u64, cell_share: f64, record_share: f64) -> Self {
        Self { state: seed, cell_share, record_share }
    }

    /// Damages a file of the source in its place.
    pub(super) fn file(&mut self, source: &Source, path: &Path) -> Damage {
        let packed = fs::read(path).unwrap();
        let is_gzip = packed.starts_with(&[0x1f, 0x8b]);
        let mut bytes = packed;
        if is_gzip {
            let mut unpacked = Vec::new();
            MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked).unwrap();
            bytes = unpacked;
        }
        let (mut damaged, damage) = match source.format {
            Format::Csv => self.csv(source, &bytes),
            _ => self.json(source, &bytes),
        };
        if is_gzip {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&damaged).unwrap();
            damaged = encoder.finish().unwrap();
        }
        fs::write(path, damaged).unwrap();
        damage
    }

    fn csv(&mut self, source: &Source, bytes: &[u8]) -> (Vec<u8>, Damage) {
        let csv = &source.csv;
        let Names::Header { rows: header_rows, .. } = csv.names else {
            panic!("{}: no header", source.name)
        };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(csv.delimiter)
            .from_reader(bytes);
        let mut writer = csv::WriterBuilder::new()
            .flexible(true)
            .delimiter(csv.delimiter)
            .from_writer(Vec::new());
        let mut damage = Damage::default();
        let mut headers: Vec<String> = Vec::new();
        let mut line = 1;
        for (number, record) in reader.byte_records().enumerate() {
            let mut cells: Vec<Vec<u8>> = record.unwrap().iter().map(<[u8]>::to_vec).collect();
            if number == 0 {
                let text = |cell: &Vec<u8>| String::from_utf8_lossy(cell).into_owned();
                headers = cells.iter().map(text).collect();
            }
            if number >= header_rows as usize {
                for (at, header) in headers.iter().enumerate() {
                    let fed = |from: &String| fold(from) == fold(header);
                    let Some((garbage, columns)) = garbage(source, fed) else { continue };
                    if at < cells.len() && self.happens(self.cell_share) {
                        cells[at] = garbage.into();
                        damage.cells.extend(columns.into_iter().map(|name| (line, name)));
                    }
                }
                // A record that is too long already might become whole.
                let is_whole = cells.len() == headers.len() && cells.len() > 1;
                let may_lose = csv.ragged == Ragged::Quarantine && is_whole;
                if may_lose && self.happens(self.record_share) {
                    cells.pop();
                    damage.records.push(line);
                }
            }
            line += 1 + cells.iter().flatten().filter(|byte| **byte == b'\n').count() as i64;
            writer.write_record(&cells).unwrap();
        }
        (writer.into_inner().unwrap(), damage)
    }

    /// JSON with one record in each line, alone or within a document.
    fn json(&mut self, source: &Source, bytes: &[u8]) -> (Vec<u8>, Damage) {
        let mut damage = Damage::default();
        let mut damaged = String::new();
        for (line, text) in (1..).zip(std::str::from_utf8(bytes).unwrap().lines()) {
            let (record, end) = match text.strip_suffix(',') {
                Some(record) => (record, ","),
                None => (text, ""),
            };
            match serde_json::from_str::<Value>(record) {
                Ok(mut record) if record.is_object() => {
                    self.record(source, &mut record, line, &mut damage);
                    let mut text = record.to_string();
                    if source.format == Format::Ndjson && self.happens(self.record_share) {
                        text.pop();
                        damage.records.push(line);
                    }
                    damaged += &text;
                    damaged += end;
                }
                _ => damaged += text,
            }
            damaged.push('\n');
        }
        (damaged.into_bytes(), damage)
    }

    fn record(&mut self, source: &Source, record: &mut Value, line: i64, damage: &mut Damage) {
        let mut seen: Vec<String> = Vec::new();
        for column in &source.columns {
            let Some(path) = feeding(record, column) else { continue };
            if seen.contains(&path) {
                continue;
            }
            seen.push(path.clone());
            let Some((garbage, _)) = garbage(source, |from| *from == path) else { continue };
            if !self.happens(self.cell_share) {
                continue;
            }
            let fed = source
                .columns
                .iter()
                .filter(|other| feeding(record, other).as_ref() == Some(&path));
            let names: Vec<String> = fed.map(|other| other.name.clone()).collect();
            *record.pointer_mut(&pointer(&path)).unwrap() = garbage.into();
            damage.cells.extend(names.into_iter().map(|name| (line, name)));
        }
    }

    /// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014): splitmix64.
    fn happens(&mut self, share: f64) -> bool {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        ((mixed >> 11) as f64 / (1u64 << 53) as f64) < share
    }
}

/// What none of the columns that a header or path feeds can hold, and their names; none where one
/// of them takes every text.
fn garbage(
    source: &Source,
    feeds: impl Fn(&String) -> bool,
) -> Option<(&'static str, Vec<String>)> {
    let fed: Vec<&Column> =
        source.columns.iter().filter(|column| column.from.iter().any(&feeds)).collect();
    let is_destructible =
        |column: &&Column| column.identifier && column.column_type == ColumnType::String;
    let is_typed = |column: &&Column| {
        let open = matches!(column.column_type, ColumnType::String | ColumnType::Json);
        !open && !matches!(column.column_type, ColumnType::List(_) | ColumnType::Struct(_))
    };
    let names = fed.iter().map(|column| column.name.clone()).collect();
    match fed.as_slice() {
        [] => None,
        fed if fed.iter().all(is_typed) => Some((GARBAGE, names)),
        fed if fed.iter().all(is_destructible) => Some((DESTROYED, names)),
        _ => None,
    }
}

/// The plain path that gives a column its value in this record.
fn feeding(record: &Value, column: &Column) -> Option<String> {
    let found = column.from.iter().find(|from| {
        !from.contains('[') && record.pointer(&pointer(from)).is_some_and(|value| !value.is_null())
    });
    found.filter(|_| !column.from.iter().any(|from| from.contains('['))).cloned()
}

fn pointer(path: &str) -> String {
    format!("/{}", path.replace('.', "/"))
}
