/*!
Column and parameter types as the YAML spells them: `string`, `decimal(18,4)`,
`list<struct<id: string, amount: int64>>`.

Free of Arrow on purpose: `catalog/` and `sources/` translate (see `engine::arrow_type`).
*/

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The type of a column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ColumnType {
    String,
    Int64,
    Float64,
    /// Precision (1 to 38) and scale (0 to precision).
    Decimal(u8, i8),
    Bool,
    Date,
    /// Microseconds, UTC.
    Timestamp,
    /// JSON kept as text.
    Json,
    List(Box<ColumnType>),
    Struct(Vec<(String, ColumnType)>),
}

impl ColumnType {
    /// The spellings that are not parameterised, for hints.
    pub const NAMES: [&'static str; 8] =
        ["string", "int64", "float64", "decimal(18,4)", "bool", "date", "timestamp", "json"];
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => f.write_str("string"),
            Self::Int64 => f.write_str("int64"),
            Self::Float64 => f.write_str("float64"),
            Self::Decimal(precision, scale) => write!(f, "decimal({precision},{scale})"),
            Self::Bool => f.write_str("bool"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Json => f.write_str("json"),
            Self::List(item) => write!(f, "list<{item}>"),
            Self::Struct(fields) => {
                f.write_str("struct<")?;
                for (index, (name, column_type)) in fields.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{name}: {column_type}")?;
                }
                f.write_str(">")
            }
        }
    }
}

impl FromStr for ColumnType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parser = Parser { rest: text };
        let parsed = parser.column_type()?;
        match parser.rest.trim() {
            "" => Ok(parsed),
            rest => Err(format!("unexpected `{rest}` after type `{parsed}`")),
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn word(&mut self) -> &'a str {
        self.rest = self.rest.trim_start();
        let end =
            self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn accepts(&mut self, sign: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.accepts(sign) { Ok(()) } else { Err(format!("expected `{sign}`")) }
    }

    fn column_type(&mut self) -> Result<ColumnType, String> {
        Ok(match self.word() {
            "string" => ColumnType::String,
            "int64" | "int" | "bigint" => ColumnType::Int64,
            "float64" | "double" => ColumnType::Float64,
            "bool" | "boolean" => ColumnType::Bool,
            "date" => ColumnType::Date,
            "timestamp" => ColumnType::Timestamp,
            "json" => ColumnType::Json,
            "decimal" => {
                self.expect('(')?;
                let precision = self.number()?;
                self.expect(',')?;
                let scale = self.number()?;
                self.expect(')')?;
                if !(1..=38).contains(&precision) || scale > precision {
                    return Err(format!(
                        "decimal({precision},{scale}) is out of range: precision 1 to 38, scale 0 to precision"
                    ));
                }
                ColumnType::Decimal(precision, scale as i8)
            }
            "list" => {
                self.expect('<')?;
                let item = self.column_type()?;
                self.expect('>')?;
                ColumnType::List(Box::new(item))
            }
            "struct" => {
                self.expect('<')?;
                let mut fields = Vec::new();
                loop {
                    let name = self.word().to_owned();
                    if name.is_empty() {
                        return Err("expected a field name".to_owned());
                    }
                    self.expect(':')?;
                    fields.push((name, self.column_type()?));
                    if !self.accepts(',') {
                        break;
                    }
                }
                self.expect('>')?;
                ColumnType::Struct(fields)
            }
            other => {
                return Err(format!(
                    "`{other}` is no type; types are {}, list<…>, struct<…>",
                    ColumnType::NAMES.join(", ")
                ));
            }
        })
    }

    fn number(&mut self) -> Result<u8, String> {
        let word = self.word();
        word.parse().map_err(|_| format!("`{word}` is no small whole number"))
    }
}

impl Serialize for ColumnType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ColumnType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for ColumnType {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ColumnType".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "column-type",
            "description": "string, int64, float64, decimal(p,s), bool, date, timestamp, json, list<…> or struct<name: type, …>."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_survive_a_round_trip() {
        for text in [
            "string",
            "decimal(18,4)",
            "list<string>",
            "list<struct<id: string, amount: decimal(38,0), tags: list<int64>>>",
        ] {
            assert_eq!(text.parse::<ColumnType>().unwrap().to_string(), text);
        }
        assert_eq!("double".parse(), Ok(ColumnType::Float64));
    }

    #[test]
    fn wrong_types_say_what_is_wrong() {
        for (text, part) in [
            ("varchar", "is no type"),
            ("decimal(39,0)", "out of range"),
            ("decimal(4,5)", "out of range"),
            ("list<string", "expected `>`"),
            ("string!", "unexpected `!`"),
        ] {
            let error = text.parse::<ColumnType>().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
