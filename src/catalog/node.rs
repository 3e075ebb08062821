/*!
One table of the catalog: where it comes from, what it reads, what fills it.
*/

use std::{collections::BTreeSet, sync::Arc};

use datafusion::{
    arrow::{array::RecordBatch, datatypes::SchemaRef},
    sql::{
        parser::Statement,
        sqlparser::{ast::Query, tokenizer::Span},
    },
};

use crate::{
    config::generated::GeneratedSql,
    engine::arrow_schema,
    error::{Code, Diagnostic, Location},
};

use super::{
    contract::Contract,
    header::{self, Header},
    library::Origin,
    name::{Layer, TableName},
    params::Values,
    sql,
};

/// A table with everything that is known about it before planning.
#[derive(Debug, Clone)]
pub struct Node {
    pub name: TableName,
    pub kind: Kind,
    pub origin: Origin,
    /// The file that defines it, as a user would name it.
    pub file: String,
    pub text: Arc<str>,
    pub header: Header,
    /// The parsed select with its parameters bound; none for tables that no SQL fills, and for
    /// files that do not parse.
    pub query: Option<Arc<Query>>,
    /// The tables that the query reads.
    pub inputs: BTreeSet<TableName>,
    /// The parameters that the query uses.
    pub params: Values,
    /// The place in the data flow.
    pub layer: Layer,
}

/// What fills a table.
#[derive(Debug, Clone)]
pub enum Kind {
    /// The typed rows of a source.
    Raw { source: String, schema: SchemaRef },
    /// What loading recorded.
    Quarantine { schema: SchemaRef },
    /// A few rows from the pipeline's YAML or a lookup file.
    Rows(RecordBatch),
    /// `select … from source` of one source for one contract.
    Mapping { source: String, contract: String },
    /// The union of the mappings that feed a contract, in the contract's types.
    Contract { contract: Contract, sources: Vec<String> },
    /// SQL that a block of the pipeline compiles to; its predicates have places in the YAML.
    Generated { sql: Arc<GeneratedSql> },
    /// A SQL file.
    Sql,
}

impl Kind {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Raw { .. } => "raw",
            Self::Quarantine { .. } => "quarantine",
            Self::Rows(_) => "rows",
            Self::Mapping { .. } => "mapping",
            Self::Contract { .. } => "contract",
            Self::Generated { .. } => "generated",
            Self::Sql => "sql",
        }
    }
}

impl Node {
    /// The statement that fills the table.
    pub fn statement(&self) -> Option<Statement> {
        self.query.as_ref().map(|query| sql::statement(Query::clone(query)))
    }

    /// The columns that are fixed before any planning: those of data, of contracts, and those that
    /// a header declares.
    pub fn declared_schema(&self) -> Option<SchemaRef> {
        match &self.kind {
            Kind::Raw { schema, .. } | Kind::Quarantine { schema } => Some(Arc::clone(schema)),
            Kind::Rows(rows) => Some(rows.schema()),
            Kind::Contract { contract, .. } => Some(contract.schema()),
            _ if self.header.columns.is_empty() => None,
            _ => Some(arrow_schema(
                self.header
                    .columns
                    .iter()
                    .map(|(name, column)| (name.as_str(), &column.column_type)),
            )),
        }
    }

    /// Where a piece of the query stands in the file that a user can edit.
    pub fn locate(&self, span: Span) -> Location {
        let (start, end) = (span.start, span.end);
        match &self.kind {
            Kind::Generated { sql } => {
                let start = byte_offset(&self.text, start.line, start.column);
                let end = byte_offset(&self.text, end.line, end.column).max(start);
                // A predicate that breaks off is noticed behind its end.
                sql.locate(start..end)
                    .or_else(|| sql.locate(start.saturating_sub(1)..start))
                    .unwrap_or_else(|| Location::line(&*self.file, 1))
            }
            _ => sql::span_place(&self.file, &self.text, span),
        }
    }

    /// Where the header says something: `["columns", "amount"]`.
    pub fn header_place(&self, path: &[&str]) -> Location {
        let range = header::header_range(&self.text).unwrap_or(0..0);
        header::place(&self.file, &self.text, range, path)
    }

    pub(super) fn error(&self, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, message).at(self.locate(span))
    }
}

/// The byte at a line and column that count from 1, columns in characters.
fn byte_offset(text: &str, line: u64, column: u64) -> usize {
    let start: usize =
        text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
    let rest = &text[start..];
    start
        + rest
            .char_indices()
            .nth(column.saturating_sub(1) as usize)
            .map_or(rest.len(), |(offset, _)| offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_found_by_line_and_character() {
        let text = "é a\nbé c\n";
        for (line, column, expected) in [(1, 1, 0), (1, 2, 2), (2, 3, 8), (2, 9, 11), (9, 1, 11)] {
            assert_eq!(byte_offset(text, line, column), expected, "{line}:{column}");
        }
    }
}
