/*!
Sources and columns for the tests of this module.
*/

use crate::config::{
    reading::Format,
    source::{Column, Source},
};

/// A column as a pipeline without further settings resolves it.
pub(crate) fn column(name: &str, column_type: &str) -> Column {
    Column::new(name, column_type.parse().expect("a type"))
}

/// A source of comma-separated files with these columns.
pub(crate) fn source(columns: &[(&str, &str)]) -> Source {
    let columns = columns.iter().map(|(name, of)| column(name, of)).collect();
    Source { max_bad_ratio: 1.0, ..Source::new("shop", "exports/*.csv", Format::Csv, columns) }
}
