/*!
Values that are written as text but mean more: durations, sizes, time zones, currencies, names.

Each has a `format` in the JSON Schema. The first reading checks texts by that name, so that a bad
one is reported in its place beside every other fault; deserializing cannot fail after that.
*/

use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

use chrono::NaiveDate;
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{types::ColumnType, xlsx::CellRange};
use crate::error::{Diagnostic, codes, nearest};

/// Checks a text against a format of the schema; formats that are not ours always fit.
pub(crate) fn check(format: &str, text: &str) -> Result<(), Diagnostic> {
    match format {
        "column-type" => fits::<ColumnType>(text),
        "duration" => fits::<Timespan>(text),
        "byte-size" => fits::<ByteSize>(text),
        "time-zone" => fits::<TimeZone>(text).map_err(|fault| {
            let zones: Vec<&str> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
            match nearest(text, &zones) {
                Some(zone) => fault.hint(format!("did you mean `{zone}`?")),
                None => fault.hint("use an IANA name such as `Europe/Amsterdam`"),
            }
        }),
        "currency" => fits::<Currency>(text),
        "name" => fits::<Name>(text),
        "sign" => fits::<Sign>(text),
        "predicate" => fits::<Predicate>(text),
        "cell-range" => fits::<CellRange>(text),
        "day" => fits::<Day>(text),
        _ => Ok(()),
    }
}

fn fits<T: FromStr<Err = String>>(text: &str) -> Result<(), Diagnostic> {
    let fault = |why| Diagnostic::error(codes::INVALID_VALUE, why);
    text.parse::<T>().map(|_| ()).map_err(fault)
}

/// A length of time in whole seconds, written `90s`, `10m`, `24h` or `30d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timespan(pub Duration);

impl Timespan {
    pub const fn days(days: u64) -> Self {
        Self(Duration::from_secs(days * 86_400))
    }

    pub const fn hours(hours: u64) -> Self {
        Self(Duration::from_secs(hours * 3_600))
    }

    pub const fn minutes(minutes: u64) -> Self {
        Self(Duration::from_secs(minutes * 60))
    }

    pub const fn from_seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    pub fn seconds(self) -> u64 {
        self.0.as_secs()
    }
}

impl FromStr for Timespan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let explained = || format!("`{text}` is no duration; write `90s`, `10m`, `24h` or `30d`");
        let (number, unit) = number_and_unit(text).ok_or_else(explained)?;
        let seconds: u64 = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err(explained()),
        };
        let seconds =
            number.checked_mul(seconds).filter(|seconds| *seconds <= i64::MAX as u64 / 1_000_000);
        seconds.map(|seconds| Self(Duration::from_secs(seconds))).ok_or_else(explained)
    }
}

impl fmt::Display for Timespan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.seconds();
        let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
        match units.iter().find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit)) {
            Some((unit, name)) => write!(f, "{}{name}", seconds / unit),
            None => write!(f, "{seconds}s"),
        }
    }
}

/// A number of bytes, written `512MB` or `4GB` (powers of 1024, as memory is counted).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let explained = || format!("`{text}` is no size; write `512MB` or `4GB`");
        let (number, unit) = number_and_unit(text).ok_or_else(explained)?;
        let shift = match unit.to_ascii_uppercase().as_str() {
            "B" => 0,
            "KB" | "KIB" => 10,
            "MB" | "MIB" => 20,
            "GB" | "GIB" => 30,
            "TB" | "TIB" => 40,
            _ => return Err(explained()),
        };
        number.checked_mul(1 << shift).map(Self).ok_or_else(explained)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(40, "TB"), (30, "GB"), (20, "MB"), (10, "KB")];
        match units.iter().find(|(shift, _)| self.0 > 0 && self.0.is_multiple_of(1 << shift)) {
            Some((shift, name)) => write!(f, "{}{name}", self.0 >> shift),
            None => write!(f, "{}B", self.0),
        }
    }
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    Some((text[..end].parse().ok()?, text[end..].trim_start()))
}

/// An IANA time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeZone(pub Tz);

impl FromStr for TimeZone {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| format!("`{text}` is no time zone"))
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// A currency in the shape of ISO 4217: three capital letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Currency(pub String);

impl FromStr for Currency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_uppercase()) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("`{text}` is no currency; write its three ISO 4217 letters, such as `EUR`"))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name that becomes part of a table, a file or a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name(pub String);

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let starts = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        let rest = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if starts && rest && text.len() <= 64 {
            return Ok(Self(text.to_owned()));
        }
        Err(format!(
            "`{text}` is no name: lower-case letters, digits and `_`, first a letter, at most 64"
        ))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One ASCII character, or none where it is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign(pub Option<u8>);

impl FromStr for Sign {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.as_bytes() {
            [] => Ok(Self(None)),
            [one] => Ok(Self(Some(*one))),
            b"\\t" => Ok(Self(Some(b'\t'))),
            _ => Err(format!("`{text}` is not one character")),
        }
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |sign| write!(f, "{}", sign as char))
    }
}

/// A SQL condition. Only its shape is known here: `check` plans it against the columns it may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Predicate(pub String);

impl FromStr for Predicate {
    type Err = String;

    /// Refuses what would change the statement around it: open quotes and brackets, a semicolon.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut depth = 0_usize;
        let mut quote = None;
        for sign in text.chars() {
            match (quote, sign) {
                (Some(open), sign) if open == sign => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(sign),
                (None, '(') => depth += 1,
                (None, ')') => {
                    depth = depth.checked_sub(1).ok_or("`)` without `(` before it")?;
                }
                (None, ';') => return Err("`;` does not belong in a condition".to_owned()),
                _ => {}
            }
        }
        if let Some(quote) = quote {
            return Err(format!("`{quote}` is never closed"));
        }
        if depth > 0 {
            return Err("`(` is never closed".to_owned());
        }
        if text.trim().is_empty() {
            return Err("the condition is empty".to_owned());
        }
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A day of the local calendar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Day(pub NaiveDate);

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map(Self)
            .map_err(|_| format!("`{text}` is no date; write it as `2026-06-30`"))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

macro_rules! written_as_text {
    ($($type:ident, $format:literal, $description:literal;)*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "format": $format, "description": $description})
            }
        }
    )*};
}

written_as_text! {
    Timespan, "duration", "A duration: `90s`, `10m`, `24h` or `30d`.";
    ByteSize, "byte-size", "A size: `512MB` or `4GB`.";
    TimeZone, "time-zone", "An IANA time zone such as `Europe/Amsterdam`.";
    Currency, "currency", "Three ISO 4217 letters.";
    Name, "name", "Lower-case letters, digits and `_`.";
    Sign, "sign", "One character.";
    Predicate, "predicate", "A SQL condition.";
    CellRange, "cell-range", "A part of a sheet: `B3:F200`, `B:F` or `B3:`.";
    Day, "day", "A local day: `2026-06-30`.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_survive_a_round_trip() {
        for text in ["0s", "90s", "10m", "36h", "30d"] {
            assert_eq!(text.parse::<Timespan>().unwrap().to_string(), text);
        }
        for text in ["100B", "1536MB", "4GB", "2TB"] {
            assert_eq!(text.parse::<ByteSize>().unwrap().to_string(), text);
        }
        assert_eq!("4 GiB".parse(), Ok(ByteSize(4 << 30)));
        assert_eq!("1d".parse(), Ok(Timespan(Duration::from_secs(86_400))));
    }

    #[test]
    fn quotes_hide_brackets_in_predicates() {
        assert!(check("predicate", "a = 'it''s :-) ;' and (b or \"c)\" is null)").is_ok());
    }

    #[test]
    fn what_is_no_value_says_so() {
        for (format, text) in [
            ("duration", "30"),
            ("duration", "d"),
            ("duration", "-1d"),
            ("duration", "99999999999999999999d"),
            ("duration", "9999999999999999d"),
            ("byte-size", "4"),
            ("byte-size", "4 bananas"),
            ("byte-size", "99999999999TB"),
            ("time-zone", "Amsterdam"),
            ("currency", "eur"),
            ("name", "Web"),
            ("name", "a.b"),
            ("name", ""),
            ("sign", ";;"),
            ("column-type", "varchar"),
            ("day", "30-06-2026"),
            ("day", "2026-02-29"),
            ("predicate", " "),
            ("predicate", "a = 'b"),
            ("predicate", "(a or b"),
            ("predicate", "a) or (b"),
            ("predicate", "a; drop table b"),
        ] {
            assert!(check(format, text).is_err(), "{format} {text}");
        }
        let hint = check("time-zone", "Europe/Amsterdm").unwrap_err().hint.unwrap();
        assert_eq!(hint, "did you mean `Europe/Amsterdam`?");
    }
}
