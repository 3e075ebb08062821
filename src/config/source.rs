/*!
One source: which files, how they are parsed, what their columns mean.

[`SourceConfig`] is what a pipeline or a preset spells out; [`Source`] is the two laid over each
other with every default filled in.
*/

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    drift::Drift,
    formats::{Name, Sign, TimeZone},
    limits::{Expect, Freshness},
    reading::{CsvOptions, Format, JsonOptions, LinesOptions},
    records::{Deletes, FillDown},
    types::ColumnType,
    xlsx::XlsxOptions,
};

pub use super::resolved::{Column, Source, Survey};

/// How one export is found, parsed and mapped. A preset fills in whatever is left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// The preset that says how this vendor's export is parsed and mapped (`journeymart presets`).
    pub preset: Option<String>,
    /// What the source holds, in a sentence.
    pub description: Option<String>,
    /// Where the files are: `{location}` names a location, `*` and `**` match, `{date:YYYYMMDD}` matches a date, of `YYYY MM DD HH mm ss` in any order or `epoch_s` or `epoch_ms`.
    pub path: Option<String>,
    /// Files to leave out although `path` matches: patterns of names such as `events_intraday_*`, or of the last folders and the name such as `testmode/*`.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether every export holds everything, so that only the newest is loaded, by the `{date:…}` of `path`. Records that it lacks are gone.
    pub snapshot: Option<bool>,
    /// The file that says an export is complete: a name beside its files (`_SUCCESS`, `../manifest.txt`), or a path with `{date:…}` that names the same date. Files without it are not loaded, and reported.
    pub ready: Option<String>,
    /// File format; what the bytes are compressed with is recognised by content.
    pub format: Option<Format>,
    /// Which members of tar and zip archives are read: `*.csv`, or several patterns. Not needed where an archive holds one file.
    pub members: Option<OneOrMany>,
    /// How CSV text is read.
    pub csv: Option<CsvOptions>,
    /// How lines of text are read.
    pub lines: Option<LinesOptions>,
    /// How workbooks are read.
    pub xlsx: Option<XlsxOptions>,
    /// How JSON is read.
    pub json: Option<JsonOptions>,
    /// The columns to load, by name. Others are ignored.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub columns: IndexMap<String, ColumnConfig>,
    /// Typed columns that travel unchanged into the tables of the contracts this source feeds, beside their own columns: through every mapping that neither groups rows nor removes equal ones.
    #[serde(default)]
    pub carry: Vec<String>,
    /// Text that means null in every column, beside the empty cell.
    #[serde(default)]
    pub nulls: Vec<String>,
    /// The time zone of time stamps that carry none; by default the pipeline's.
    pub timezone: Option<TimeZone>,
    /// The columns that identify a record; of rows that share them the latest stays.
    #[serde(default)]
    pub key: Vec<String>,
    /// The column whose highest value is the latest version of a record, or several in their order.
    pub order_by: Option<OneOrMany>,
    /// Whether rows that are equal in every column are one. With a `key` they always are.
    pub distinct: Option<bool>,
    /// Rows that say their record is gone.
    pub deletes: Option<Deletes>,
    /// A date column whose dates are exported again: the rows of a date come from the newest file that holds it, by the `{date:…}` of its path.
    pub replace_by: Option<String>,
    /// Cells that stand once for several rows.
    pub fill_down: Option<FillDown>,
    /// The contracts this source feeds, each through its mapping SQL.
    pub feeds: Option<OneOrMany>,
    /// A namespace shared with other sources, so that equal ids mean the same thing.
    pub namespace: Option<Name>,
    /// What happens to a cell that cannot be read as its type.
    pub on_bad_cell: Option<OnBadCell>,
    /// The share of bad rows above which the run fails, 0 to 1; by default 0.01.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_bad_ratio: Option<f64>,
    /// Whether a path that matches no file is an error; by default it is.
    pub required: Option<bool>,
    /// What happens when the columns of a file are not the declared ones.
    pub drift: Option<Drift>,
    /// What a survey export asks and how it is scored.
    pub survey: Option<SurveyConfig>,
    /// How old the newest row may be when a run starts.
    pub freshness: Option<Freshness>,
    /// What exports bring when all is well.
    pub expect: Option<Expect>,
}

/// One name or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OneOrMany(#[serde(deserialize_with = "one_or_many")] pub Vec<String>);

impl JsonSchema for OneOrMany {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OneOrMany".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "One name or a list of names.",
            "type": ["string", "array"],
            "items": {"type": "string"}
        })
    }
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Visitor;
    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a name or a list of names")
        }

        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(vec![text.to_owned()])
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(
            self,
            mut items: A,
        ) -> Result<Self::Value, A::Error> {
            let mut names = Vec::new();
            while let Some(name) = items.next_element()? {
                names.push(name);
            }
            Ok(names)
        }
    }
    deserializer.deserialize_any(Visitor)
}

/// One column of a source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnConfig {
    /// `string`, `int64`, `float64`, `decimal(p,s)`, `bool`, `date`, `timestamp`, `json`, `list<…>` or `struct<name: type, …>`.
    #[serde(rename = "type")]
    pub column_type: Option<ColumnType>,
    /// The header, or headers to try in order; for JSON a path: `a.b`, `items[0].id`, `params[key=page].value.*`, `a."[b] c"`. It enters text that holds JSON; what is absent, null or an empty array is null, and any other value in its way makes a bad cell unless another path of the column reads one, or some path reads the member itself, as of objects that are not always expanded. By default the column's own name. `_file_name`, `_file_date` and `_path.region` (of a folder `region=nl`) come from the path of the file; `_member` is the path of a member within its archive, `_sheet` the name of a workbook's sheet.
    pub from: Option<OneOrMany>,
    /// A row without this value is quarantined.
    pub required: Option<bool>,
    /// strftime formats to try in order, by default ISO 8601.
    #[serde(default)]
    pub formats: Vec<String>,
    /// The unit of a numeric time stamp: `s`, `ms` or `us` since 1970. A date is the day in the column's time zone.
    pub epoch: Option<EpochUnit>,
    /// The time zone of values that carry none; by default the source's.
    pub timezone: Option<TimeZone>,
    /// Which instant an ambiguous local time (clocks set back) means.
    pub ambiguous: Option<Ambiguous>,
    /// What a local time that does not exist (clocks set forward) means.
    pub nonexistent: Option<Nonexistent>,
    /// Text that means null here, beside the source's.
    #[serde(default)]
    pub nulls: Vec<String>,
    /// The decimal sign, `.` or `,`; by default the source's.
    pub decimal: Option<Sign>,
    /// The thousands sign; by default the source's. A space means the no-break spaces too.
    pub thousands: Option<Sign>,
    /// Whether numbers are percentages: `12,5 %` and `12,5` are 0.125.
    pub percent: Option<bool>,
    /// Texts to take off the start and the end of a value, with the white space beside them: `["€"]` for `€ 1.234,56`, `["'"]` for a postal code that a spreadsheet guards as `'75008`.
    #[serde(default)]
    pub strip: Vec<String>,
    /// Whether the text identifies something, so that `6.1E+09` and `#NAME?`, which spreadsheets leave of long numbers, are bad cells. By default columns of the `key` and of the classes `id` and `phone` do.
    pub identifier: Option<bool>,
    /// Digits by which an integer amount is shifted: 2 turns 1999 cents into 19.99.
    #[schemars(range(max = 18))]
    pub minor_units: Option<u32>,
    /// What parts the values of a list within a cell, such as `;`, for a `list<…>` that is not written as JSON.
    pub split: Option<String>,
    /// Texts that mean true; by default true, t, yes, y, 1.
    #[serde(default)]
    pub true_values: Vec<String>,
    /// Texts that mean false; by default false, f, no, n, 0.
    #[serde(default)]
    pub false_values: Vec<String>,
    /// The class of personal data: `email`, `phone`, `name`, `address`, `ip`, `birth`, `id`, `free_text`.
    pub pii: Option<String>,
    /// What the column means.
    pub description: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EpochUnit {
    S,
    Ms,
    Us,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ambiguous {
    #[default]
    Earliest,
    Latest,
    Error,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nonexistent {
    #[default]
    ShiftForward,
    Error,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnBadCell {
    /// The cell becomes null and is recorded.
    #[default]
    Null,
    /// The whole row goes to quarantine.
    QuarantineRow,
    /// The run fails at the first one.
    Fail,
}

/// What a survey export asks. A pipeline's keys are laid over its preset's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyConfig {
    /// `nps`, `csat` or `ces`.
    pub kind: Option<SurveyKind>,
    /// Lowest and highest score.
    pub scale: Option<[i64; 2]>,
    /// The column or header that holds the score.
    pub score: Option<String>,
    /// The survey's id; by default the source's name.
    pub id: Option<Name>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SurveyKind {
    Nps,
    Csat,
    Ces,
}
