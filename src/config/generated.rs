/*!
Tables whose SQL is made from predicates in the YAML.

A generated statement looks like a file of the catalog, header included, and `check` plans it like
one. It remembers which of its bytes came from which predicate, so that a wrong column is shown in
the YAML.
*/

use std::ops::Range;

use super::{formats::Predicate, yaml::Place};
use crate::error::Location;

/// One table made from predicates.
#[derive(Debug, Clone, PartialEq)]
pub struct GeneratedSql {
    /// `schema.table`.
    pub name: &'static str,
    pub sql: String,
    spans: Vec<PredicateSpan>,
}

#[derive(Debug, Clone, PartialEq)]
struct PredicateSpan {
    /// In the statement.
    range: Range<usize>,
    /// The whole value in the YAML.
    location: Location,
    /// The byte at which the YAML has the predicate letter by letter.
    verbatim: Option<usize>,
}

impl GeneratedSql {
    /// Where in the YAML some bytes of the statement come from; `None` where they are ours.
    pub fn locate(&self, range: Range<usize>) -> Option<Location> {
        let span = self.spans.iter().find(|span| span.range.contains(&range.start))?;
        let (Some(start), Some(text)) = (span.verbatim, &span.location.text) else {
            return Some(span.location.clone());
        };
        let at = |offset: usize| start + offset.min(span.range.end) - span.range.start;
        Some(Location::span(&*span.location.file, text, at(range.start), at(range.end)))
    }
}

/// Writes a statement and notes where predicates stand in it.
pub(super) struct SqlWriter {
    name: &'static str,
    sql: String,
    spans: Vec<PredicateSpan>,
}

impl SqlWriter {
    /// Starts with the header of the table.
    pub(super) fn new(name: &'static str, header: &str) -> Self {
        Self { name, sql: header.to_owned(), spans: Vec::new() }
    }

    pub(super) fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// A predicate in brackets; a comment at its end cannot swallow the closing one.
    pub(super) fn predicate(&mut self, predicate: &Predicate, place: &Place<'_>) {
        self.sql.push('(');
        let start = self.sql.len();
        self.sql.push_str(&predicate.0);
        self.spans.push(PredicateSpan {
            range: start..self.sql.len(),
            location: place.location(),
            verbatim: place.verbatim(&predicate.0),
        });
        self.sql.push_str(if predicate.0.contains("--") { "\n)" } else { ")" });
    }

    pub(super) fn finish(self) -> GeneratedSql {
        GeneratedSql { name: self.name, sql: self.sql, spans: self.spans }
    }
}
