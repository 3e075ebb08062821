/*!
How the bytes of an export become records: the formats and the options of each.

`*Options` is what a source spells out; the resolved form beside it is what a reader sees.
*/

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    formats::Sign,
    resolve::{Context, locate},
    yaml::Place,
};
use crate::error::{Diagnostics, codes};

/// What text is in where nobody says otherwise.
const UTF_8: &str = "utf-8";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Delimited text; `csv:` says how.
    Csv,
    /// One JSON object per line.
    Ndjson,
    /// One JSON document: an array of records, or an object that holds it (`json.records`).
    Json,
    Parquet,
    Avro,
    /// Arrow IPC: files (Feather) and streams.
    Arrow,
    /// An Excel workbook; `xlsx:` says which sheet and how.
    Xlsx,
    /// Text in which a pattern takes every line apart, such as an access log; `lines:` says how.
    Lines,
}

/// How delimited text is read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvOptions {
    /// One character, by default a comma; `\\t` is the tab. A `sep=` line at the top of a file wins.
    pub delimiter: Option<Sign>,
    /// The quote character, by default `"`; an empty text switches quoting off.
    pub quote: Option<Sign>,
    /// The escape character, by default none (a quote is doubled).
    pub escape: Option<Sign>,
    /// `utf-8` (default), `windows-1252`, `iso-8859-1`, `utf-16le` or `utf-16be`; a byte order mark wins.
    pub encoding: Option<String>,
    /// The decimal sign of numbers, `.` (default) or `,`.
    pub decimal: Option<Sign>,
    /// The thousands sign of numbers, by default none.
    pub thousands: Option<Sign>,
    /// Lines that begin with this character are no records, by default none.
    pub comment: Option<Sign>,
    /// Lines before the header.
    pub skip_rows: Option<u32>,
    /// Header rows: names come from the first, the others are kept as column descriptions. 0: none, columns are known by their number.
    pub header_rows: Option<u32>,
    /// Names come from all header rows, joined with this text; a blank takes the name to its left.
    pub header_join: Option<String>,
    /// The names of a file without a header, in the order of its columns.
    #[serde(default)]
    pub names: Vec<String>,
    /// A file that names the columns of files without a header: one line of delimited text, or a CDM `model.json`. A name without a folder lies beside the source's files.
    pub names_from: Option<String>,
    /// The beginning of the lines that name the columns, such as `#Fields:` in W3C logs; they may change within a file.
    pub names_line: Option<String>,
    /// What happens to names that a header holds twice; case and punctuation make no difference.
    pub repeated_names: Option<RepeatedNames>,
    /// What happens to records with more or fewer fields than there are names.
    pub ragged: Option<Ragged>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RepeatedNames {
    /// The file is refused: which column is meant would be a guess.
    #[default]
    Refuse,
    /// The second `Name` is called `Name_2`, the third `Name_3`.
    Number,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ragged {
    /// The record is quarantined.
    #[default]
    Quarantine,
    /// What a short record lacks is null; what a long one has in excess is dropped if it is empty.
    Pad,
}

/// How lines of text are read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinesOptions {
    /// A regular expression that matches a whole line; its named groups `(?<name>…)` are the columns. Lines that it does not match are quarantined.
    pub pattern: Option<String>,
    /// `utf-8` (default), `windows-1252`, `iso-8859-1`, `utf-16le` or `utf-16be`; a byte order mark wins.
    pub encoding: Option<String>,
}

/// How JSON is read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonOptions {
    /// The path of the array of records within the document, such as `tickets` or `result.items`.
    pub records: Option<String>,
    /// The path of an array within each record: every element becomes a row. Paths below it (`items.sku`) are those of the element, `items[#]` is its number from 1, all others those of the record. A record whose array is absent, null or empty has no rows; one that holds something else in its place is quarantined.
    pub explode: Option<String>,
}

/// Resolved options of lines.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lines {
    pub pattern: String,
    pub encoding: String,
}

impl Default for Lines {
    fn default() -> Self {
        Self { pattern: String::new(), encoding: UTF_8.to_owned() }
    }
}

impl LinesOptions {
    pub(super) fn resolve(&self, place: &Place<'_>, found: &mut Diagnostics) -> Lines {
        let pattern = self.pattern.clone().unwrap_or_default();
        if let Err(error) = regex::Regex::new(&pattern) {
            // The last line of the message says what is wrong, those before show where.
            let text = error.to_string();
            let why = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let message = format!("the pattern is no regular expression: {why}");
            found.push(place.key("pattern").error(codes::INVALID_VALUE, message));
        }
        let encoding = self.encoding.clone().unwrap_or_else(|| UTF_8.to_owned());
        check_encoding(&encoding, &place.key("encoding"), found);
        Lines { pattern, encoding }
    }
}

/// Resolved CSV options.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Csv {
    pub delimiter: u8,
    pub quote: Option<u8>,
    pub escape: Option<u8>,
    /// A label that `encoding_rs` knows.
    pub encoding: String,
    pub comment: Option<u8>,
    pub skip_rows: u32,
    pub names: Names,
    pub repeated_names: RepeatedNames,
    pub ragged: Ragged,
}

/// Where the names of a file's columns stand.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Names {
    /// Above the records. `join` makes one name of all rows, else the first names the columns.
    Header {
        rows: u32,
        join: Option<String>,
    },
    /// Nowhere: columns are known by their number.
    Numbers,
    Declared(Vec<String>),
    /// In other files, that this path or pattern finds.
    File(String),
    /// In lines that begin so.
    Line(String),
}

impl Default for Csv {
    fn default() -> Self {
        Self {
            delimiter: b',',
            quote: Some(b'"'),
            escape: None,
            encoding: UTF_8.to_owned(),
            comment: None,
            skip_rows: 0,
            names: Names::Header { rows: 1, join: None },
            repeated_names: RepeatedNames::default(),
            ragged: Ragged::default(),
        }
    }
}

impl CsvOptions {
    /// `source_path` is where the source's files are, locations put in.
    pub(super) fn resolve(
        &self,
        source_path: Option<&str>,
        context: &Context<'_>,
        place: &Place<'_>,
        found: &mut Diagnostics,
    ) -> Csv {
        let default = Csv::default();
        let encoding = self.encoding.clone().unwrap_or(default.encoding);
        check_encoding(&encoding, &place.key("encoding"), found);
        let delimiter = self.delimiter.map_or(Some(default.delimiter), |sign| sign.0);
        if delimiter.is_none() {
            let message = "the delimiter is empty";
            found.push(place.key("delimiter").error(codes::INVALID_VALUE, message));
        }
        let marks_names = self.names_line.as_ref().and_then(|line| line.bytes().next());
        Csv {
            delimiter: delimiter.unwrap_or(default.delimiter),
            quote: self.quote.map_or(default.quote, |sign| sign.0),
            escape: self.escape.and_then(|sign| sign.0),
            encoding,
            comment: self.comment.and_then(|sign| sign.0).or(marks_names),
            skip_rows: self.skip_rows.unwrap_or(0),
            names: self.resolve_names(source_path, context, place, found),
            repeated_names: self.repeated_names.unwrap_or_default(),
            ragged: self.ragged.unwrap_or_default(),
        }
    }

    pub(super) fn resolve_names(
        &self,
        source_path: Option<&str>,
        context: &Context<'_>,
        place: &Place<'_>,
        found: &mut Diagnostics,
    ) -> Names {
        let rows = self.header_rows.unwrap_or(1);
        let ways = [
            ("header_rows", self.header_rows.is_some_and(|rows| rows > 0)),
            ("names", !self.names.is_empty()),
            ("names_from", self.names_from.is_some()),
            ("names_line", self.names_line.is_some()),
        ];
        let given: Vec<&str> = ways.iter().filter(|(_, given)| *given).map(|way| way.0).collect();
        if let [first, second, ..] = given[..] {
            let message = format!("`{first}` and `{second}` both name the columns");
            found.push(place.key(second).key_error(codes::INVALID_VALUE, message).hint(
                "to pass over a header that is wrong, declare `skip_rows` instead of `header_rows`",
            ));
        }
        if self.header_join.is_some() && (rows < 2 || given.iter().any(|way| *way != "header_rows"))
        {
            let message = "`header_join` needs `header_rows: 2` or more";
            found.push(place.key("header_join").key_error(codes::INVALID_VALUE, message));
        }
        if let Some(line) = &self.names_line {
            let place = place.key("names_line");
            let first = line.chars().next();
            if first.is_none_or(|sign| !sign.is_ascii_punctuation()) {
                let message = "such lines begin with a sign, as `#Fields:` does";
                found.push(place.error(codes::INVALID_VALUE, message));
            }
            return Names::Line(line.clone());
        }
        if let Some(file) = &self.names_from {
            let folder = source_path.and_then(|path| path.rsplit_once('/'));
            let path = match folder {
                Some((folder, _)) if !file.contains(['/', '{']) => format!("{folder}/{file}"),
                _ => file.clone(),
            };
            let located = locate(&path, context, &place.key("names_from"), found);
            return Names::File(located.unwrap_or(path));
        }
        match (self.names.is_empty(), rows) {
            (false, _) => Names::Declared(self.names.clone()),
            (true, 0) => Names::Numbers,
            (true, rows) => Names::Header { rows, join: self.header_join.clone() },
        }
    }
}

fn check_encoding(encoding: &str, place: &Place<'_>, found: &mut Diagnostics) {
    if encoding_rs::Encoding::for_label(encoding.as_bytes()).is_none() {
        let message = format!("`{encoding}` is no encoding");
        found.push(place.error(codes::INVALID_VALUE, message).did_you_mean(
            encoding,
            ["utf-8", "windows-1252", "iso-8859-1", "utf-16le", "utf-16be"],
        ));
    }
}
