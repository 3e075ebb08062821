/*!
Parameters: what a run may be asked about, as typed values.

`$as_of_date` always exists; without a declaration it is the run's local date. `$as_of`, `$timezone`,
`$currency` and those that blocks give follow from the pipeline and cannot be declared.
*/

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::{types::ColumnType, yaml::Place};
use crate::error::{Diagnostic, Diagnostics, codes};

/// The last local day that counts.
pub const AS_OF_DATE: &str = "as_of_date";
/// Of the block `sessions:`.
pub const SESSION_RULES: &str = "session_rules";
/// Of the block `bots:`.
pub const BOT_EVENT_COUNT: &str = "bot_event_count";
/// Of the block `bots:`.
pub const BOT_WITHIN_SECONDS: &str = "bot_within_seconds";
/// Of the block `identity:`.
pub const IDENTITY_MAX_EDGES: &str = "identity_max_edges";
/// Of the block `identity:`.
pub const IDENTITY_STITCH: &str = "identity_stitch";
/// Of the block `attribution:`.
pub const ATTRIBUTION_HALF_LIFE_SECONDS: &str = "attribution_half_life_seconds";
/// Parameters that follow from the rest of the pipeline.
pub const DERIVED: [&str; 9] = [
    "as_of",
    "timezone",
    "currency",
    SESSION_RULES,
    BOT_EVENT_COUNT,
    BOT_WITHIN_SECONDS,
    IDENTITY_MAX_EDGES,
    IDENTITY_STITCH,
    ATTRIBUTION_HALF_LIFE_SECONDS,
];

/// A parameter as it is declared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParamConfig {
    /// `string`, `int64`, `float64`, `decimal(p,s)`, `bool`, `date` or `timestamp`; `as_of_date` is a date.
    #[serde(rename = "type")]
    pub param_type: Option<ColumnType>,
    /// The value where the command line and the target give none; `today` is the run's local date.
    pub default: Option<Text>,
    /// What the parameter means.
    pub description: Option<String>,
}

/// A scalar kept as it is written; the declared type reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(pub String);

impl JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": ["string", "number", "boolean"]})
    }
}

/// A parameter with its value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Param {
    #[serde(rename = "type")]
    pub ty: ColumnType,
    pub value: ParamValue,
    pub description: Option<String>,
}

impl Param {
    /// A whole number that a block gives.
    pub(super) fn count(number: u64, description: &str) -> Self {
        // A duration has at most i64::MAX microseconds.
        let value = ParamValue::Int64(number as i64);
        Self { ty: ColumnType::Int64, value, description: Some(description.to_owned()) }
    }

    /// A word that a block gives.
    pub(super) fn word(word: &str, description: &str) -> Self {
        Self {
            ty: ColumnType::String,
            value: ParamValue::String(word.to_owned()),
            description: Some(description.to_owned()),
        }
    }
}

/// A typed value. Shown as it would be written on the command line.
#[derive(Debug, Clone, PartialEq)]
pub enum ParamValue {
    String(String),
    Int64(i64),
    Float64(f64),
    /// The digits without their decimal sign, and how many of them stand behind it.
    Decimal {
        digits: i128,
        scale: i8,
    },
    Bool(bool),
    Date(NaiveDate),
    /// Microseconds since 1970, UTC.
    Timestamp(i64),
}

impl ParamValue {
    /// Reads a text as a type; the error says what the text is not.
    pub fn parse(ty: &ColumnType, text: &str, today: NaiveDate) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no {ty}");
        Ok(match ty {
            ColumnType::String | ColumnType::Json => Self::String(text.to_owned()),
            ColumnType::Int64 => Self::Int64(text.parse().map_err(|_| wrong())?),
            ColumnType::Float64 => {
                let number: f64 = text.parse().map_err(|_| wrong())?;
                Self::Float64(number.is_finite().then_some(number).ok_or_else(wrong)?)
            }
            ColumnType::Decimal(precision, scale) => {
                let digits = decimal(text, *precision, *scale).ok_or_else(wrong)?;
                Self::Decimal { digits, scale: *scale }
            }
            ColumnType::Bool => Self::Bool(text.parse().map_err(|_| wrong())?),
            ColumnType::Date if text == "today" => Self::Date(today),
            ColumnType::Date => Self::Date(
                NaiveDate::parse_from_str(text, "%Y-%m-%d")
                    .map_err(|_| format!("`{text}` is no date; write it as 2026-06-30"))?,
            ),
            ColumnType::Timestamp => Self::Timestamp(
                DateTime::parse_from_rfc3339(text)
                    .map(|instant| instant.timestamp_micros())
                    .or_else(|_| {
                        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
                            .map(|instant| instant.and_utc().timestamp_micros())
                            .map_err(|_| {
                                format!(
                                    "`{text}` is no time stamp; write it as 2026-06-30T00:00:00Z"
                                )
                            })
                    })?,
            ),
            ColumnType::List(_) | ColumnType::Struct(_) => {
                return Err(format!("a parameter cannot be a {ty}"));
            }
        })
    }
}

/// The digits of a decimal number, shifted to its scale; `None` where any would be lost.
fn decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let scale = usize::try_from(scale).ok()?;
    let unsigned = whole.trim_start_matches(['-', '+']);
    let all_digits = unsigned.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit());
    if fraction.len() > scale || unsigned.is_empty() || !all_digits {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction:0<scale$}").parse().ok()?;
    (digits.unsigned_abs() < 10_u128.checked_pow(precision.into())?).then_some(digits)
}

impl fmt::Display for ParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => f.write_str(text),
            Self::Int64(number) => write!(f, "{number}"),
            Self::Float64(number) => write!(f, "{number}"),
            Self::Decimal { digits, scale } => {
                let sign = if *digits < 0 { "-" } else { "" };
                let scale = usize::try_from(*scale).unwrap_or(0);
                let digits = format!("{:0>width$}", digits.unsigned_abs(), width = scale + 1);
                let (whole, fraction) = digits.split_at(digits.len() - scale);
                let point = if scale > 0 { "." } else { "" };
                write!(f, "{sign}{whole}{point}{fraction}")
            }
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Date(date) => write!(f, "{date}"),
            Self::Timestamp(micros) => match DateTime::from_timestamp_micros(*micros) {
                Some(instant) => {
                    f.write_str(&instant.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
                }
                None => write!(f, "{micros}"),
            },
        }
    }
}

impl Serialize for ParamValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Types every declared parameter, with the command line's values over the declared ones.
pub(super) fn resolve(
    declared: &IndexMap<String, ParamConfig>,
    given: &[(String, String)],
    today: NaiveDate,
    place: &Place<'_>,
    found: &mut Diagnostics,
) -> IndexMap<String, Param> {
    let mut params = IndexMap::new();
    for (name, config) in declared {
        let place = place.key(name);
        if DERIVED.contains(&name.as_str()) {
            let message = format!("`${name}` follows from the pipeline and cannot be declared");
            found.push(place.key_error(codes::INVALID_VALUE, message));
            continue;
        }
        params.extend(
            one(name, config, given, today, &place, found).map(|param| (name.clone(), param)),
        );
    }
    if !declared.contains_key(AS_OF_DATE) {
        let config = ParamConfig {
            param_type: Some(ColumnType::Date),
            default: Some(Text("today".to_owned())),
            description: Some("The last local day that counts.".to_owned()),
        };
        params.extend(
            one(AS_OF_DATE, &config, given, today, place, found)
                .map(|param| (AS_OF_DATE.to_owned(), param)),
        );
    }
    for (name, _) in given {
        if !declared.contains_key(name) && name != AS_OF_DATE {
            let message = format!("no parameter is called `{name}`");
            let valid = declared.keys().map(String::as_str).chain([AS_OF_DATE]);
            found.push(Diagnostic::error(codes::UNKNOWN_NAME, message).did_you_mean(name, valid));
        }
    }
    params
}

fn one(
    name: &str,
    config: &ParamConfig,
    given: &[(String, String)],
    today: NaiveDate,
    place: &Place<'_>,
    found: &mut Diagnostics,
) -> Option<Param> {
    let ty = match (&config.param_type, name) {
        (None | Some(ColumnType::Date), AS_OF_DATE) => ColumnType::Date,
        (_, AS_OF_DATE) => {
            let message = "`as_of_date` is a date";
            found.push(place.key("type").error(codes::WRONG_TYPE, message));
            return None;
        }
        (Some(ColumnType::List(_) | ColumnType::Struct(_)), _) => {
            let message = "a parameter is a single value";
            found.push(place.key("type").error(codes::WRONG_TYPE, message));
            return None;
        }
        (Some(ty), _) => ty.clone(),
        (None, _) => {
            // Where the key is there, its value was reported already.
            if !place.key("type").exists() {
                let message = format!("parameter `{name}` lacks the key `type`");
                found.push(place.key_error(codes::MISSING_KEY, message));
            }
            return None;
        }
    };
    // A target's value was laid over the default before this.
    let on_command_line = given.iter().rev().find(|(given, _)| given == name);
    let value = match (on_command_line, &config.default) {
        (Some((_, text)), _) => ParamValue::parse(&ty, text, today).map_err(|why| {
            Diagnostic::error(codes::INVALID_VALUE, format!("--param {name}: {why}"))
        }),
        (None, Some(Text(text))) => ParamValue::parse(&ty, text, today).map_err(|why| {
            let place = place.key("default");
            let why = match place.is_expanded() {
                true => format!("what the environment gives is no {ty}"),
                false => why,
            };
            place.error(codes::INVALID_VALUE, format!("parameter `{name}`: {why}"))
        }),
        (None, None) if place.key("default").exists() => return None,
        (None, None) => Err(place
            .key_error(codes::MISSING_KEY, format!("parameter `{name}` has no value"))
            .hint(format!("give it a `default`, or run with `--param {name}=…`"))),
    };
    match value {
        Ok(value) => Some(Param { ty, value, description: config.description.clone() }),
        Err(diagnostic) => {
            found.push(diagnostic);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_their_type_and_shown_as_written() {
        let today = NaiveDate::from_ymd_opt(2026, 6, 30).unwrap();
        for (ty, text, shown) in [
            ("string", "today", "today"),
            ("int64", "-3", "-3"),
            ("float64", "0.5", "0.5"),
            ("decimal(18,4)", "-0.05", "-0.0500"),
            ("decimal(5,0)", "12345", "12345"),
            ("bool", "true", "true"),
            ("date", "2024-02-29", "2024-02-29"),
            ("date", "today", "2026-06-30"),
            ("timestamp", "2026-01-01T00:00:00+01:00", "2025-12-31T23:00:00Z"),
            ("timestamp", "2026-01-01T00:00:00.5", "2026-01-01T00:00:00.500Z"),
        ] {
            let ty = ty.parse().unwrap();
            assert_eq!(ParamValue::parse(&ty, text, today).unwrap().to_string(), shown);
        }
        for (ty, text) in [
            ("int64", "3.5"),
            ("float64", "inf"),
            ("decimal(4,2)", "1.234"),
            ("decimal(4,2)", "100.00"),
            ("decimal(4,2)", "--1"),
            ("bool", "yes"),
            ("date", "30-06-2026"),
            ("date", "2026-02-29"),
            ("timestamp", "yesterday"),
        ] {
            let ty: ColumnType = ty.parse().unwrap();
            assert!(ParamValue::parse(&ty, text, today).is_err(), "{ty} {text}");
        }
    }
}
