/*!
A source as the loader sees it: pipeline and preset laid over each other, every default filled in.
*/

use serde::Serialize;

use super::{
    drift::Drift,
    limits::{Expect, Freshness},
    reading::{Csv, Format, JsonOptions, Lines},
    records::{Deletes, FillDown},
    source::{Ambiguous, EpochUnit, Nonexistent, OnBadCell, SurveyKind},
    types::ColumnType,
    xlsx::Xlsx,
};

/// Bad rows that a source may have, where it does not say.
const MAX_BAD_RATIO: f64 = 0.01;
const TRUE: [&str; 5] = ["true", "t", "yes", "y", "1"];
const FALSE: [&str; 5] = ["false", "f", "no", "n", "0"];

/// A source with its preset and every default resolved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Source {
    pub name: String,
    pub preset: Option<String>,
    pub description: Option<String>,
    /// The path with locations put in; still holds `*` and `{date:…}`.
    pub path: String,
    /// Patterns of files that are left out.
    pub exclude: Vec<String>,
    /// Only the files of the newest period count.
    pub snapshot: bool,
    /// The marker that makes files complete.
    pub ready: Option<String>,
    pub format: Format,
    /// Patterns of the members of archives; none for the only one.
    pub members: Vec<String>,
    pub csv: Csv,
    pub lines: Lines,
    pub json: JsonOptions,
    pub xlsx: Xlsx,
    pub columns: Vec<Column>,
    pub carry: Vec<String>,
    pub key: Vec<String>,
    pub order_by: Vec<String>,
    /// Rows equal in every column are one.
    pub distinct: bool,
    pub deletes: Option<Deletes>,
    pub replace_by: Option<String>,
    pub fill_down: Option<FillDown>,
    pub feeds: Vec<String>,
    /// The namespace of its ids: the declared one, else the source's name.
    pub namespace: String,
    pub on_bad_cell: OnBadCell,
    pub max_bad_ratio: f64,
    pub required: bool,
    pub drift: Drift,
    pub survey: Option<Survey>,
    /// With the column that it is about.
    pub freshness: Freshness,
    pub expect: Expect,
}

/// What a survey asks, complete.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Survey {
    pub kind: SurveyKind,
    pub scale: [i64; 2],
    /// The column or header that the column `survey_score` repeats.
    pub score: String,
    pub id: String,
}

/// A resolved column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    pub name: String,
    pub column_type: ColumnType,
    /// Headers or paths to try in order.
    pub from: Vec<String>,
    pub required: bool,
    pub formats: Vec<String>,
    pub epoch: Option<EpochUnit>,
    /// IANA name of the zone of values that carry none.
    pub timezone: String,
    pub ambiguous: Ambiguous,
    pub nonexistent: Nonexistent,
    /// Everything that means null here, the empty text included.
    pub nulls: Vec<String>,
    pub decimal: char,
    pub thousands: Option<char>,
    pub percent: bool,
    /// What is taken off both ends of a value.
    pub strip: Vec<String>,
    /// What a spreadsheet left of a number is no value here.
    pub identifier: bool,
    pub minor_units: u32,
    pub split: Option<String>,
    pub true_values: Vec<String>,
    pub false_values: Vec<String>,
    pub pii: Option<String>,
    pub description: Option<String>,
}

impl Source {
    /// What its text is in.
    pub fn encoding(&self) -> &str {
        match self.format {
            Format::Lines => &self.lines.encoding,
            _ => &self.csv.encoding,
        }
    }

    /// What a source is that says nothing beyond this.
    pub fn new(name: &str, path: &str, format: Format, columns: Vec<Column>) -> Self {
        Self {
            name: name.to_owned(),
            preset: None,
            description: None,
            path: path.to_owned(),
            exclude: Vec::new(),
            snapshot: false,
            ready: None,
            format,
            members: Vec::new(),
            csv: Csv::default(),
            lines: Lines::default(),
            json: JsonOptions::default(),
            xlsx: Xlsx::default(),
            columns,
            carry: Vec::new(),
            key: Vec::new(),
            order_by: Vec::new(),
            distinct: false,
            deletes: None,
            replace_by: None,
            fill_down: None,
            feeds: Vec::new(),
            namespace: name.to_owned(),
            on_bad_cell: OnBadCell::default(),
            max_bad_ratio: MAX_BAD_RATIO,
            required: true,
            drift: Drift::default(),
            survey: None,
            freshness: Freshness::default(),
            expect: Expect::default(),
        }
    }
}

impl Column {
    /// What a column is that says nothing beyond this.
    pub fn new(name: &str, column_type: ColumnType) -> Self {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            name: name.to_owned(),
            column_type,
            from: vec![name.to_owned()],
            required: false,
            formats: Vec::new(),
            epoch: None,
            timezone: "UTC".to_owned(),
            ambiguous: Ambiguous::default(),
            nonexistent: Nonexistent::default(),
            nulls: vec![String::new()],
            decimal: '.',
            thousands: None,
            percent: false,
            strip: Vec::new(),
            identifier: false,
            minor_units: 0,
            split: None,
            true_values: words(&TRUE),
            false_values: words(&FALSE),
            pii: None,
            description: None,
        }
    }
}
