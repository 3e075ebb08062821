/*!
A source with every default filled in, and what its keys say about each other checked.

The preset was laid under the source before this; a place knows which of the two files it is in.
*/

use chrono_tz::Tz;
use indexmap::IndexMap;

use super::{
    limits::Freshness,
    reading::{CsvOptions, Format},
    records::FillDown,
    source::{Column, ColumnConfig, Source, SourceConfig, Survey, SurveyConfig},
    types::ColumnType,
    yaml::Place,
};
use crate::error::{Diagnostics, codes};

/// The column that repeats a survey's score under a name that every mapping knows.
const SURVEY_SCORE: &str = "survey_score";
/// Columns that the loader adds.
const RESERVED: [&str; 3] = ["_file", "_line", SURVEY_SCORE];

/// What sources are resolved against.
pub(super) struct Context<'a> {
    pub(super) timezone: Tz,
    pub(super) locations: &'a IndexMap<String, String>,
    /// Also those whose values are wrong, so that one fault is not told twice.
    pub(super) location_names: Vec<&'a str>,
}

pub(super) fn source(
    name: &str,
    config: SourceConfig,
    context: &Context<'_>,
    place: &Place<'_>,
    found: &mut Diagnostics,
) -> Option<Source> {
    let missing = |key: &str| {
        let message = format!("source `{name}` lacks the key `{key}`");
        (!place.key(key).exists()).then(|| place.key_error(codes::MISSING_KEY, message))
    };
    found.extend(config.path.is_none().then(|| missing("path")).flatten());
    found.extend(config.format.is_none().then(|| missing("format")).flatten().map(|fault| {
        fault.hint("name a `preset`, or the format: `csv`, `ndjson`, `json`, `parquet`, `avro`, `arrow`, `xlsx` or `lines`")
    }));
    found.extend(
        config
            .columns
            .is_empty()
            .then(|| missing("columns"))
            .flatten()
            .map(|fault| fault.hint("name a `preset`, or the columns: `order_id: {type: string}`")),
    );
    let path = path(&config, context, place, found);
    let ready = config
        .ready
        .as_deref()
        .and_then(|ready| locate(ready, context, &place.key("ready"), found));
    let csv_options = config.csv.clone().unwrap_or_default();
    let csv = csv_options.resolve(path.as_deref(), context, &place.key("csv"), found);
    let lines = config.lines.clone().unwrap_or_default().resolve(&place.key("lines"), found);
    let xlsx = config.xlsx.clone().unwrap_or_default();
    let xlsx = xlsx.resolve(context, &place.key("xlsx"), found);
    let patternless = config.format == Some(Format::Lines) && lines.pattern.is_empty();
    found.extend(patternless.then(|| missing("lines")).flatten().map(|fault| {
        fault.hint("say how a line is taken apart: `lines: {pattern: '(?<ip>\\S+) …'}`")
    }));
    // A preset of surveys asks for the block by an empty one; only the pipeline can fill it.
    if config.survey == Some(SurveyConfig::default()) {
        let message = format!("source `{name}` lacks the key `survey`");
        found.push(
            place
                .key_error(codes::MISSING_KEY, message)
                .hint("say what it asks: `survey: {kind: nps, scale: [0, 10], score: Q1}`"),
        );
    }
    let asked = config.survey.as_ref().filter(|survey| **survey != SurveyConfig::default());
    let survey = asked.and_then(|survey| {
        resolve_survey(name, survey, &config.columns, &place.key("survey"), found)
    });
    check_names(&config, place, found);
    check_records(&config, place, found);
    let freshness = freshness(&config, &place.key("freshness"), found);

    let defaults = ColumnDefaults::new(&config, &csv_options, context.timezone);
    for (name, column) in &config.columns {
        check_column(column, &place.key("columns").key(name), found);
    }
    let mut columns: Vec<Column> =
        config.columns.iter().map(|(name, column)| defaults.column(name, column)).collect();
    for column in &columns {
        check_signs(column, &place.key("columns").key(&column.name), found);
    }
    columns.extend(survey.as_ref().map(|survey| defaults.score(&survey.score, &columns)));
    let plain = Source::new(name, &path?, config.format?, columns);
    Some(Source {
        preset: config.preset,
        description: config.description,
        exclude: config.exclude,
        snapshot: config.snapshot.unwrap_or(plain.snapshot),
        ready,
        members: config.members.map(|members| members.0).unwrap_or_default(),
        csv,
        lines,
        json: config.json.unwrap_or_default(),
        xlsx,
        carry: config.carry,
        key: config.key,
        order_by: config.order_by.map(|names| names.0).unwrap_or_default(),
        distinct: config.distinct.unwrap_or(plain.distinct),
        deletes: config.deletes,
        replace_by: config.replace_by,
        fill_down: config.fill_down,
        feeds: config.feeds.map(|feeds| feeds.0).unwrap_or_default(),
        namespace: config.namespace.map_or(plain.namespace, |name| name.0),
        on_bad_cell: config.on_bad_cell.unwrap_or(plain.on_bad_cell),
        max_bad_ratio: config.max_bad_ratio.unwrap_or(plain.max_bad_ratio),
        required: config.required.unwrap_or(plain.required),
        drift: config.drift.unwrap_or(plain.drift),
        survey,
        freshness,
        expect: config.expect.unwrap_or(plain.expect),
        ..plain
    })
}

/// Where the source's files are.
pub(super) fn path(
    config: &SourceConfig,
    context: &Context<'_>,
    place: &Place<'_>,
    found: &mut Diagnostics,
) -> Option<String> {
    locate(config.path.as_deref()?, context, &place.key("path"), found)
}

/// Puts locations into `{name}/…`; `{date:…}` belongs to the listing and stays.
pub(super) fn locate(
    path: &str,
    context: &Context<'_>,
    place: &Place<'_>,
    found: &mut Diagnostics,
) -> Option<String> {
    let mut result = String::new();
    let mut rest = path;
    let mut sound = true;
    while let Some((before, from)) = rest.split_once('{') {
        result.push_str(before);
        let Some((name, after)) = from.split_once('}') else {
            found.push(place.error(codes::INVALID_VALUE, "`{` is never closed"));
            return None;
        };
        rest = after;
        if name.starts_with("date:") {
            result.push_str(&format!("{{{name}}}"));
        } else if let Some(location) = context.locations.get(name) {
            result.push_str(location.trim_end_matches('/'));
        } else {
            sound = false;
            if !context.location_names.contains(&name) {
                let message = format!("no location is called `{name}`");
                let names = context.location_names.iter().copied();
                found.push(place.error(codes::UNKNOWN_NAME, message).did_you_mean(name, names));
            }
        }
    }
    result.push_str(rest);
    sound.then_some(result)
}

fn resolve_survey(
    source: &str,
    config: &SurveyConfig,
    columns: &IndexMap<String, ColumnConfig>,
    place: &Place<'_>,
    found: &mut Diagnostics,
) -> Option<Survey> {
    let mut required = |key: &str, given: bool| {
        if !given && !place.key(key).exists() {
            let message = format!("`survey` lacks the key `{key}`");
            found.push(place.key_error(codes::MISSING_KEY, message));
        }
    };
    required("kind", config.kind.is_some());
    required("scale", config.scale.is_some());
    required("score", config.score.is_some());
    let (kind, scale, score) = (config.kind?, config.scale?, config.score.clone()?);
    if scale[0] >= scale[1] {
        let message = "the lowest score comes first: `[0, 10]`";
        found.push(place.key("scale").error(codes::INVALID_VALUE, message));
    }
    // Without a declared column of that name it is a header, which only the file can disprove.
    if let Some(ColumnType::String | ColumnType::Int64) | None =
        columns.get(&score).map(|column| column.column_type.as_ref().unwrap_or(&ColumnType::String))
    {
    } else {
        let message = format!("column `{score}` cannot hold a score");
        found.push(place.key("score").error(codes::INVALID_VALUE, message));
    }
    let id = config.id.clone().map_or_else(|| source.to_owned(), |id| id.0);
    Some(Survey { kind, scale, score, id })
}

/// Keys, order and carried columns name columns that exist.
fn check_names(config: &SourceConfig, place: &Place<'_>, found: &mut Diagnostics) {
    let known = place.key("columns").keys();
    let mut check = |name: &str, place: Place<'_>| {
        if !known.contains(&name) {
            let message = format!("no column is called `{name}`");
            found.push(
                place.error(codes::UNKNOWN_NAME, message).did_you_mean(name, known.iter().copied()),
            );
        }
    };
    for (key, names) in [("key", &config.key), ("carry", &config.carry)] {
        for (index, name) in names.iter().enumerate() {
            check(name, place.key(key).item(index));
        }
    }
    match config.order_by.as_ref().map(|names| names.0.as_slice()) {
        Some([name]) => check(name, place.key("order_by")),
        names => {
            for (index, name) in names.unwrap_or_default().iter().enumerate() {
                check(name, place.key("order_by").item(index));
            }
        }
    }
    if let Some(name) = config.freshness.as_ref().and_then(|limits| limits.column.as_ref()) {
        check(name, place.key("freshness").key("column"));
    }
    if let Some(deletes) = &config.deletes {
        check(&deletes.column, place.key("deletes").key("column"));
    }
    if let Some(name) = &config.replace_by {
        check(name, place.key("replace_by"));
    }
    if let Some(FillDown { within, columns }) = &config.fill_down {
        check(within, place.key("fill_down").key("within"));
        for (index, name) in columns.iter().enumerate() {
            check(name, place.key("fill_down").key("columns").item(index));
        }
    }
    for name in config.columns.keys().filter(|name| RESERVED.contains(&name.as_str())) {
        let message = format!("the loader adds a column `{name}` of its own");
        let place = place.key("columns").key(name);
        found.push(
            place
                .key_error(codes::INVALID_VALUE, message)
                .hint("give it another name, and the header as `from`"),
        );
    }
}

/// Rules that need what another key does not give.
fn check_records(config: &SourceConfig, place: &Place<'_>, found: &mut Diagnostics) {
    let mut refuse = |key: &str, refused: bool, message: &str| {
        if refused {
            found.push(place.key(key).key_error(codes::INVALID_VALUE, message.to_owned()));
        }
    };
    let dated = config.path.as_deref().is_none_or(|path| path.contains("{date:"));
    refuse(
        "snapshot",
        config.snapshot == Some(true) && !dated,
        "`snapshot` needs `{date:…}` in `path`, which says how new a file is",
    );
    refuse(
        "expect",
        config.expect.is_some_and(|expect| expect.files_per_day.is_some()) && !dated,
        "`files_per_day` needs `{date:…}` in `path`",
    );
    let marker_dated = config.ready.as_deref().is_some_and(|ready| ready.contains("{date:"));
    refuse("ready", marker_dated && !dated, "a marker of a date needs `{date:…}` in `path` too");
    let keyless = config.key.is_empty();
    refuse(
        "order_by",
        config.order_by.is_some() && keyless,
        "`order_by` needs a `key`: versions of what?",
    );
    refuse(
        "distinct",
        config.distinct == Some(true) && !keyless,
        "with a `key` equal rows are one anyway",
    );
    let typed = matches!(config.format, Some(Format::Parquet | Format::Avro | Format::Arrow));
    refuse(
        "fill_down",
        config.fill_down.is_some() && typed,
        "`fill_down` is for formats of text cells",
    );
    if let Some(name) = &config.replace_by {
        let is_date = config
            .columns
            .get(name)
            .is_none_or(|column| column.column_type == Some(ColumnType::Date));
        refuse("replace_by", !is_date, "`replace_by` takes a date column");
        refuse(
            "replace_by",
            !dated,
            "`replace_by` needs `{date:…}` in `path`, which says how new a file is",
        );
    }
}

/// The declared limits, with the column that they are about.
fn freshness(config: &SourceConfig, place: &Place<'_>, found: &mut Diagnostics) -> Freshness {
    let mut freshness = config.freshness.clone().unwrap_or_default();
    if let (Some(warn), Some(error)) = (freshness.warn_after, freshness.error_after)
        && warn > error
    {
        let message = "`warn_after` comes after `error_after`";
        found.push(place.key("warn_after").error(codes::INVALID_VALUE, message));
    }
    let is_time = |name: &str| {
        let column = config.columns.get(name);
        column.is_some_and(|column| {
            matches!(column.column_type, Some(ColumnType::Date | ColumnType::Timestamp))
        })
    };
    match &freshness.column {
        Some(name) if config.columns.contains_key(name) && !is_time(name) => {
            let message = format!("`{name}` is no date and no timestamp");
            found.push(place.key("column").error(codes::INVALID_VALUE, message));
        }
        Some(_) => {}
        None => {
            let order_by = config.order_by.as_ref().and_then(|names| names.0.first());
            freshness.column = order_by.filter(|name| is_time(name)).cloned();
            let is_limited = freshness.warn_after.or(freshness.error_after).is_some();
            if is_limited && freshness.column.is_none() && !config.columns.is_empty() {
                let message = "`freshness` needs a `column` that says when a row was written";
                found.push(place.key_error(codes::MISSING_KEY, message));
            }
        }
    }
    freshness
}

/// What a column takes from its source.
struct ColumnDefaults {
    timezone: Tz,
    nulls: Vec<String>,
    decimal: char,
    thousands: Option<char>,
    key: Vec<String>,
}

impl ColumnDefaults {
    fn new(config: &SourceConfig, csv: &CsvOptions, timezone: Tz) -> Self {
        let sign = |sign: Option<u8>| sign.map(char::from);
        Self {
            timezone: config.timezone.map_or(timezone, |zone| zone.0),
            nulls: config.nulls.clone(),
            decimal: csv.decimal.and_then(|decimal| sign(decimal.0)).unwrap_or('.'),
            thousands: csv.thousands.and_then(|thousands| sign(thousands.0)),
            key: config.key.clone(),
        }
    }

    fn column(&self, name: &str, config: &ColumnConfig) -> Column {
        let column_type = config.column_type.clone().unwrap_or(ColumnType::String);
        let mut column = Column::new(name, column_type);
        for null in self.nulls.iter().chain(&config.nulls) {
            if !column.nulls.contains(null) {
                column.nulls.push(null.clone());
            }
        }
        if !config.true_values.is_empty() {
            column.true_values.clone_from(&config.true_values);
        }
        if !config.false_values.is_empty() {
            column.false_values.clone_from(&config.false_values);
        }
        Column {
            from: config.from.clone().map_or(column.from, |from| from.0),
            required: config.required.unwrap_or(column.required),
            formats: config.formats.clone(),
            epoch: config.epoch,
            timezone: config.timezone.map_or(self.timezone, |zone| zone.0).name().to_owned(),
            ambiguous: config.ambiguous.unwrap_or_default(),
            nonexistent: config.nonexistent.unwrap_or_default(),
            decimal: config.decimal.and_then(|sign| sign.0).map_or(self.decimal, char::from),
            thousands: match config.thousands {
                Some(sign) => sign.0.map(char::from),
                None => self.thousands,
            },
            percent: config.percent.unwrap_or(column.percent),
            strip: config.strip.clone(),
            identifier: config.identifier.unwrap_or_else(|| {
                let personal = matches!(config.pii.as_deref(), Some("id" | "phone"));
                personal || self.key.iter().any(|key| key == name)
            }),
            minor_units: config.minor_units.unwrap_or(column.minor_units),
            split: config.split.clone(),
            pii: config.pii.clone(),
            description: config.description.clone(),
            ..column
        }
    }

    /// `survey_score`: the score's column once more, as a whole number.
    fn score(&self, score: &str, columns: &[Column]) -> Column {
        let declared = columns.iter().find(|column| column.name == score).cloned();
        Column {
            name: SURVEY_SCORE.to_owned(),
            column_type: ColumnType::Int64,
            required: false,
            description: Some("The score that the survey asked for.".to_owned()),
            ..declared.unwrap_or_else(|| self.column(score, &ColumnConfig::default()))
        }
    }
}

/// `1.234` cannot have one sign for thousands and decimals.
fn check_signs(column: &Column, place: &Place<'_>, found: &mut Diagnostics) {
    let whole = column.column_type == ColumnType::Int64;
    let number =
        whole || matches!(column.column_type, ColumnType::Decimal(..) | ColumnType::Float64);
    if number && column.thousands == Some(column.decimal) {
        let message = format!("`{}` is the thousands sign and the decimal sign", column.decimal);
        found.push(place.error(codes::INVALID_VALUE, message).hint("declare both"));
    }
}

/// Options that belong to another type than the column's would silently do nothing.
fn check_column(config: &ColumnConfig, place: &Place<'_>, found: &mut Diagnostics) {
    if config.column_type.is_none() && place.key("type").exists() {
        return;
    }
    let column_type = config.column_type.as_ref().unwrap_or(&ColumnType::String);
    let temporal = matches!(column_type, ColumnType::Timestamp | ColumnType::Date);
    let decimal = matches!(column_type, ColumnType::Decimal(..));
    let boolean = *column_type == ColumnType::Bool;
    let list = matches!(column_type, ColumnType::List(item)
        if !matches!(**item, ColumnType::List(_) | ColumnType::Struct(_)));
    let number = decimal || matches!(column_type, ColumnType::Int64 | ColumnType::Float64);
    for (key, given, fits) in [
        ("formats", !config.formats.is_empty(), temporal),
        ("epoch", config.epoch.is_some(), temporal),
        ("minor_units", config.minor_units.is_some(), decimal),
        ("split", config.split.is_some(), list),
        ("decimal", config.decimal.is_some(), number),
        ("thousands", config.thousands.is_some(), number),
        (
            "strip",
            !config.strip.is_empty(),
            !matches!(column_type, ColumnType::Json | ColumnType::List(_) | ColumnType::Struct(_)),
        ),
        ("percent", config.percent.is_some(), number && *column_type != ColumnType::Int64),
        ("identifier", config.identifier.is_some(), *column_type == ColumnType::String),
        ("true_values", !config.true_values.is_empty(), boolean),
        ("false_values", !config.false_values.is_empty(), boolean),
    ] {
        if given && !fits {
            let message = format!("`{key}` means nothing for a {column_type}");
            found.push(place.key(key).key_error(codes::INVALID_VALUE, message));
        }
    }
}
