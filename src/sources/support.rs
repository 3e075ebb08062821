/*!
Sources, columns and files for the tests of this module and for the doors of a fuzzer.
*/

use std::sync::Arc;

use object_store::{memory::InMemory, path::Path};

use crate::{
    config::{
        reading::Format,
        source::{Column, Source},
    },
    storage::Location,
};

use super::InputFile;

/// A column as a pipeline without further settings resolves it.
pub(crate) fn column(name: &str, column_type: &str) -> Column {
    Column::new(name, column_type.parse().expect("a type"))
}

/// A source of comma-separated files with these columns.
pub(crate) fn source(columns: &[(&str, &str)]) -> Source {
    let columns = columns.iter().map(|(name, of)| column(name, of)).collect();
    Source { max_bad_ratio: 1.0, ..Source::new("shop", "exports/*.csv", Format::Csv, columns) }
}

/// A file that is never opened: its content is at hand.
pub(crate) fn file(name: &str) -> InputFile {
    InputFile {
        location: Location::in_store(Arc::new(InMemory::new()), Path::from(name), name),
        path: name.to_owned(),
        size: 0,
        content_id: String::new(),
        period: None,
        names: None,
        within: None,
        member: None,
        sheet: None,
    }
}
