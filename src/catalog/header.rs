/*!
The YAML in the first comment block of a SQL file.

What the keys mean is documented at the fields, whose comments are also the reference text.
*/

use std::{ops::Range, sync::Arc};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    config::{
        params::ParamConfig,
        types::ColumnType,
        yaml::{self, Document},
    },
    error::{Diagnostics, Location},
};

/// What a SQL file says about its table. Everything is optional.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Header {
    /// What one row is, in a sentence.
    pub description: Option<String>,
    /// The columns that identify a row: unique together, and never null.
    pub grain: Vec<String>,
    /// Parameters of this file alone, used as `$name`.
    pub params: IndexMap<String, ParamConfig>,
    /// The columns in their order; `check` compares them with what the query returns.
    pub columns: IndexMap<String, ColumnDeclaration>,
    /// Predicates that hold for every row.
    pub checks: Vec<String>,
    /// Contracts that must have a source, and tables of blocks (`config.journeys`) that must have rows, for this mart to be built; `orders or subscriptions` asks for one of them.
    pub requires: Option<Vec<String>>,
    /// The order of the published rows, by default the grain.
    pub sort_by: Vec<String>,
    /// Whether the result is kept for its readers or computed by each of them.
    pub materialized: Option<Materialized>,
    /// Words to select tables by: `tag:finance`.
    pub tags: Vec<String>,
    /// The formula or definition that the table follows.
    pub definition: Option<String>,
    /// Whose definition that is: a standard, a paper, a vendor.
    pub authority: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Materialized {
    View,
    Table,
}

/// A column of a SQL table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnDeclaration {
    /// `string`, `int64`, `float64`, `decimal(p,s)`, `bool`, `date` or `timestamp`.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// What the column means, with the meaning of null and the values it can take.
    pub description: Option<String>,
    /// The class of personal data, or `none` where it ends here.
    pub pii: Option<String>,
    /// The unit of the values.
    pub unit: Option<String>,
    /// The formula or definition that the column follows.
    pub definition: Option<String>,
    /// Whose definition that is.
    pub authority: Option<String>,
    /// What becomes of the cases on which definitions differ, a sentence each.
    #[serde(default)]
    pub edge_cases: Vec<String>,
}

/// The place of the header within a file: what stands between the first `/*` and its `*/`.
///
/// Only a block that opens the file is a header; free text belongs behind `--`.
pub fn header_range(text: &str) -> Option<Range<usize>> {
    let start = text.len() - text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).len();
    let inner = text[start..].strip_prefix("/*")?;
    let length = inner.find("*/")?;
    Some(start + 2..start + 2 + length)
}

impl Header {
    /// Reads the header of a SQL file; a file without one has an empty header.
    pub fn read(file: &str, text: &Arc<str>, found: &mut Diagnostics) -> Self {
        let Some(range) = header_range(text) else { return Self::default() };
        if text[range.clone()].trim().is_empty() {
            return Self::default();
        }
        let mut own = Diagnostics::default();
        let header = yaml::read::<Self>(file, text, range, &mut own).map(|(header, _)| header);
        found.extend(own.finish().unwrap_or_else(|error| error.diagnostics));
        header.unwrap_or_default()
    }
}

/// Looks up where YAML says something. Read again only when there is an error.
pub fn place(file: &str, text: &Arc<str>, range: Range<usize>, path: &[&str]) -> Location {
    let mut ignored = Diagnostics::default();
    let Some(document) = Document::parse(file, text, range.clone(), &mut ignored) else {
        return Location::span(file, text, range.start, range.start);
    };
    let mut place = document.root();
    for part in path {
        place = match part.parse() {
            Ok(index) => place.item(index),
            Err(_) => place.key(part),
        };
    }
    place.location()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_block_that_opens_the_file_is_a_header() {
        let header = |text: &str| header_range(text).map(|range| text[range].to_owned());
        assert_eq!(header("/* a: 1 */ select 1").as_deref(), Some(" a: 1 "));
        assert_eq!(header("\u{feff}\r\n/**/select 1").as_deref(), Some(""));
        assert_eq!(header("select 1 /* a: 1 */"), None);
        assert_eq!(header("-- text\n/* a: 1 */ select 1"), None);
        assert_eq!(header("/* never closed"), None);
    }

    #[test]
    fn faults_are_placed_in_the_sql_file() {
        let text: Arc<str> =
            "/*\ndescription: x\ngrian: [a]\ncolumns:\n  a: {type: strng}\n*/\nselect 1 as a\n"
                .into();
        let mut found = Diagnostics::default();
        Header::read("sql/core/x.sql", &text, &mut found);
        let places: Vec<_> = found
            .finish()
            .unwrap_err()
            .diagnostics
            .into_iter()
            .map(|fault| fault.location.map(|at| (at.file, at.line)).unwrap())
            .collect();
        assert_eq!(places, [("sql/core/x.sql".to_owned(), 3), ("sql/core/x.sql".to_owned(), 5)]);
    }
}
