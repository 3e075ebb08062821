/*!
How the columns of a source's files differ: from those that it declares, and from file to file.

Readers say what each file holds; it is judged here once all of them were read.
*/

use std::collections::BTreeMap;

use datafusion::arrow::datatypes::DataType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    config::{
        drift::{AddedColumn, RetypedColumn},
        source::Source,
    },
    error::{Diagnostic, Error, Kind, Result, Severity, codes},
};

/// What a file, a member of an archive or a sheet holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Columns that the source does not declare.
    pub undeclared: Vec<String>,
    /// Columns of the source that are not there.
    pub lacking: Vec<String>,
    /// The types of declared columns, where the format has types.
    pub types: BTreeMap<String, Types>,
}

impl Seen {
    /// Adds what another part of the same file holds.
    pub(crate) fn merge(&mut self, other: Self) {
        let Self { undeclared, lacking, types } = other;
        self.undeclared.extend(undeclared);
        self.lacking.extend(lacking);
        for (column, other) in types {
            self.types.entry(column).or_default().add(other);
        }
    }
}

/// Types that a reader is likely to confuse with each other count as one: widths and units are lost
/// without harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Physical {
    Truth,
    Integer,
    Float,
    Decimal,
    /// Of JSON, which has no other.
    Number,
    Text,
    Bytes,
    Day,
    Instant,
    LocalTime,
    Nested,
    Other,
}

/// Some of them: what one column of one file holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Types(u16);

impl Physical {
    const ALL: [(Self, &str); 12] = [
        (Self::Truth, "truth values"),
        (Self::Integer, "integers"),
        (Self::Float, "floats"),
        (Self::Decimal, "decimals"),
        (Self::Number, "numbers"),
        (Self::Text, "text"),
        (Self::Bytes, "bytes"),
        (Self::Day, "dates"),
        (Self::Instant, "time stamps"),
        (Self::LocalTime, "time stamps without a zone"),
        (Self::Nested, "nested values"),
        (Self::Other, "other values"),
    ];

    /// None for a column of nulls.
    pub(crate) fn of(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Null => return None,
            DataType::Dictionary(_, values) => return Self::of(values),
            DataType::RunEndEncoded(_, values) => return Self::of(values.data_type()),
            DataType::Boolean => Self::Truth,
            of if of.is_integer() => Self::Integer,
            of if of.is_floating() => Self::Float,
            of if of.is_decimal() => Self::Decimal,
            of if of.is_nested() => Self::Nested,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => Self::Bytes,
            DataType::Date32 | DataType::Date64 => Self::Day,
            DataType::Timestamp(_, Some(_)) => Self::Instant,
            DataType::Timestamp(_, None) => Self::LocalTime,
            _ => Self::Other,
        })
    }
}

impl Types {
    pub(crate) fn one(of: Physical) -> Self {
        Self(1 << of as u16)
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl std::fmt::Display for Types {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let has = |of: &&(Physical, &str)| self.0 & (1 << of.0 as u16) != 0;
        let names: Vec<&str> = Physical::ALL.iter().filter(has).map(|(_, name)| *name).collect();
        f.write_str(&names.join(" and "))
    }
}

/// How a column of the files differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The source does not declare it.
    Added,
    /// The source declares it, and it is not there.
    Missing,
    /// It holds other types than in the first file.
    Retyped,
}

/// A column whose files differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Drifted {
    pub change: Change,
    pub column: String,
    /// The first file that differs; a member of an archive or a sheet is `file!member`.
    pub file: String,
    /// How many files differ in this way.
    pub files: u64,
    pub message: String,
    /// Whether it is worth a warning.
    pub warned: bool,
}

impl Drifted {
    /// The warning that is given of it.
    pub(crate) fn diagnostic(&self, source: &str) -> Diagnostic {
        let message = format!("source `{source}`: {}", self.message);
        let found = Diagnostic::warning(codes::DRIFT, message);
        match self.change {
            Change::Added => found.hint("declare it to load it, or `drift: {added: ignore}`"),
            Change::Retyped => found.hint(
                "its values are cast to the declared type; `drift: {retyped: cast}` says that they may",
            ),
            Change::Missing => found,
        }
    }
}

/// Judges files in order of their names; fails where the source refuses what differs.
pub(crate) fn judge(source: &Source, files: &[(&str, &Seen)]) -> Result<Vec<Drifted>> {
    let mut found = missing(files);
    found.extend(added(source, files));
    found.extend(retyped(source, files));
    let refused = |drifted: &Drifted| match drifted.change {
        Change::Added => source.drift.added == AddedColumn::Error,
        Change::Retyped => source.drift.retyped == RetypedColumn::Error,
        Change::Missing => false,
    };
    let errors: Vec<Diagnostic> = found
        .iter()
        .filter(|drifted| refused(drifted))
        .map(|drifted| {
            let severity = Severity::Error;
            Diagnostic { severity, hint: None, ..drifted.diagnostic(&source.name) }
        })
        .collect();
    match errors.is_empty() {
        true => Ok(found),
        false => Err(Error { kind: Kind::Failed, diagnostics: errors }),
    }
}

/// Columns of a source's files that those of the last published run did not have, beside those that
/// are told already.
pub(crate) fn new_since(
    source: &Source,
    told: &[Drifted],
    now: &BTreeMap<String, String>,
    before: &BTreeMap<String, String>,
) -> Vec<Drifted> {
    let is_told = |column: &String| {
        told.iter().any(|found| found.change == Change::Added && found.column == *column)
    };
    let new = now.iter().filter(|(column, _)| !before.contains_key(*column) && !is_told(column));
    new.map(|(column, file)| Drifted {
        change: Change::Added,
        column: column.clone(),
        file: file.clone(),
        files: 1,
        message: format!(
            "`{file}` has a column `{column}`, which no file of the last published run had and which is not declared"
        ),
        warned: source.drift.added == AddedColumn::Warn,
    })
    .collect()
}

/// The files in which something is so, by column.
fn by_column<'a>(
    files: &[(&'a str, &'a Seen)],
    columns: impl Fn(&'a Seen) -> &'a [String],
) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (file, seen) in files {
        for column in columns(seen) {
            found.entry(column).or_default().push(file);
        }
    }
    found
}

/// `a.csv` and how many more.
fn named(files: &[&str]) -> String {
    let first = files.first().copied().unwrap_or_default();
    match files.len() {
        0 | 1 => format!("`{first}`"),
        2 => format!("`{first}` and 1 more file"),
        count => format!("`{first}` and {} more files", count - 1),
    }
}

fn missing(files: &[(&str, &Seen)]) -> Vec<Drifted> {
    by_column(files, |seen| &seen.lacking)
        .into_iter()
        .map(|(column, lack)| Drifted {
            change: Change::Missing,
            column: column.to_owned(),
            file: lack[0].to_owned(),
            files: lack.len() as u64,
            message: format!("`{column}` is null where it is not there: in {}", named(&lack)),
            warned: false,
        })
        .collect()
}

fn added(source: &Source, files: &[(&str, &Seen)]) -> Vec<Drifted> {
    let strict = source.drift.added == AddedColumn::Error;
    by_column(files, |seen| &seen.undeclared)
        .into_iter()
        .filter(|(_, have)| strict || have.len() < files.len())
        .map(|(column, have)| Drifted {
            change: Change::Added,
            column: column.to_owned(),
            file: have[0].to_owned(),
            files: have.len() as u64,
            message: match strict {
                true => {
                    let verb = if have.len() == 1 { "has" } else { "have" };
                    format!("{} {verb} a column `{column}`, which is not declared", named(&have))
                }
                false => {
                    let files = files.len();
                    format!(
                        "{} of {files} files have a column `{column}`, which is not declared; the first is {}",
                        have.len(),
                        named(&have[..1])
                    )
                }
            },
            warned: source.drift.added == AddedColumn::Warn,
        })
        .collect()
}

fn retyped(source: &Source, files: &[(&str, &Seen)]) -> Vec<Drifted> {
    let mut found = Vec::new();
    for column in &source.columns {
        let typed = files.iter().filter_map(|(file, seen)| {
            let types = seen.types.get(&column.name)?;
            (!types.is_empty()).then_some((*file, *types))
        });
        let mut typed = typed.peekable();
        let Some(&(first, types)) = typed.peek() else { continue };
        let others: Vec<(&str, Types)> = typed.filter(|(_, other)| *other != types).collect();
        let Some(&(file, other)) = others.first() else { continue };
        found.push(Drifted {
            change: Change::Retyped,
            column: column.name.clone(),
            file: file.to_owned(),
            files: others.len() as u64,
            message: format!(
                "`{}` holds {other} in {}, and {types} in `{first}`",
                column.name,
                named(&others.iter().map(|(file, _)| *file).collect::<Vec<_>>())
            ),
            warned: source.drift.retyped == RetypedColumn::Warn,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::datatypes::{Field, TimeUnit};

    use super::*;
    use crate::sources::support::source;

    fn seen(undeclared: &[&str], lacking: &[&str], types: &[(&str, &[Physical])]) -> Seen {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let mut seen =
            Seen { undeclared: names(undeclared), lacking: names(lacking), ..Seen::default() };
        for (column, kinds) in types {
            let types = seen.types.entry((*column).to_owned()).or_default();
            kinds.iter().for_each(|kind| types.add(Types::one(*kind)));
        }
        seen
    }

    fn told(source: &Source, files: &[(&str, &Seen)]) -> Vec<String> {
        let found = judge(source, files).unwrap();
        found.iter().map(|found| format!("{} {}", found.warned, found.message)).collect()
    }

    #[test]
    fn only_what_is_new_is_worth_a_word() {
        let mut source = source(&[("id", "string")]);
        let (old, new) = (seen(&["note"], &[], &[]), seen(&["note", "tier"], &[], &[]));
        let files = [("a", &old), ("b", &new), ("c", &new)];
        let said =
            "true 2 of 3 files have a column `tier`, which is not declared; the first is `b`";
        assert_eq!(told(&source, &files), [said]);
        assert!(told(&source, &files[..1]).is_empty(), "a file alone is no change");
        source.drift.added = AddedColumn::Ignore;
        assert!(told(&source, &files)[0].starts_with("false"));
        source.drift.added = AddedColumn::Error;
        let error = judge(&source, &files[..1]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "source `shop`: `a` has a column `note`, which is not declared"
        );
        assert_eq!(judge(&source, &files).unwrap_err().diagnostics.len(), 2);
    }

    #[test]
    fn what_the_last_run_did_not_have_is_new() {
        let source = source(&[]);
        let columns = |names: &[&str]| -> BTreeMap<String, String> {
            names.iter().map(|name| ((*name).to_owned(), "b.csv".to_owned())).collect()
        };
        let (before, now) = (columns(&["note", "gone"]), columns(&["note", "tier", "told"]));
        let told = |file: &str| Drifted {
            change: Change::Added,
            column: "told".to_owned(),
            file: file.to_owned(),
            files: 1,
            message: String::new(),
            warned: true,
        };
        let found = new_since(&source, &[told("b.csv")], &now, &before);
        let said: Vec<&str> = found.iter().map(|found| found.message.as_str()).collect();
        assert_eq!(
            said,
            [
                "`b.csv` has a column `tier`, which no file of the last published run had and which is not declared"
            ]
        );
        assert!(new_since(&source, &[], &before, &before).is_empty());
    }

    #[test]
    fn what_is_lacking_is_listed_and_told_once() {
        let source = source(&[("id", "string"), ("tier", "string")]);
        let (lacks, has) = (seen(&[], &["tier"], &[]), seen(&[], &[], &[]));
        let found = judge(&source, &[("a", &lacks), ("b", &has), ("c", &lacks)]).unwrap();
        let [found] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((found.change, found.file.as_str(), found.files), (Change::Missing, "a", 2));
        assert!(!found.warned, "the source accepts it");
    }

    #[test]
    fn other_types_are_told_beside_those_of_the_first_file() {
        use Physical::{Integer, Number, Text};
        let mut source = source(&[("id", "string"), ("total", "int64")]);
        let of = |kinds: &[Physical]| seen(&[], &[], &[("total", kinds)]);
        let (empty, whole, mixed) = (of(&[]), of(&[Integer]), of(&[Number, Text]));
        let files = [("a", &empty), ("b", &whole), ("c", &whole), ("d", &mixed)];
        let said = "true `total` holds numbers and text in `d`, and integers in `b`";
        assert_eq!(told(&source, &files), [said]);
        assert!(told(&source, &files[..3]).is_empty());
        source.drift.retyped = RetypedColumn::Cast;
        assert!(told(&source, &files)[0].starts_with("false"));
        source.drift.retyped = RetypedColumn::Error;
        assert_eq!(judge(&source, &files).unwrap_err().diagnostics[0].code, codes::DRIFT);
    }

    #[test]
    fn widths_units_and_encodings_are_no_other_types() {
        let list = DataType::new_list(DataType::Int64, true);
        let dictionary = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
        let zone = Some(Arc::from("Europe/Amsterdam"));
        for (one, other) in [
            (DataType::Int8, DataType::UInt64),
            (DataType::Float32, DataType::Float64),
            (DataType::Utf8, dictionary),
            (DataType::Decimal128(10, 2), DataType::Decimal128(18, 4)),
            (list.clone(), DataType::Struct(vec![Field::new("a", list, true)].into())),
            (
                DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
                DataType::Timestamp(TimeUnit::Nanosecond, zone),
            ),
        ] {
            assert_eq!(Physical::of(&one), Physical::of(&other), "{one} {other}");
        }
        assert_ne!(
            Physical::of(&DataType::Timestamp(TimeUnit::Second, None)),
            Physical::of(&DataType::Timestamp(TimeUnit::Second, Some("UTC".into())))
        );
        assert_eq!(Physical::of(&DataType::Null), None);
        for (place, (of, _)) in Physical::ALL.iter().enumerate() {
            assert_eq!(*of as usize, place, "each has its name");
        }
    }
}
