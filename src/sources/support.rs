/*!
Sources and columns for the tests of this module.
*/

use crate::config::source::{Column, Csv, Format, Freshness, JsonOptions, OnBadCell, Source};

/// A column as a pipeline without further settings resolves it.
pub(crate) fn column(name: &str, column_type: &str) -> Column {
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
    Column {
        name: name.to_owned(),
        column_type: column_type.parse().expect("a type"),
        from: vec![name.to_owned()],
        required: false,
        formats: Vec::new(),
        epoch: None,
        timezone: "UTC".to_owned(),
        ambiguous: Default::default(),
        nonexistent: Default::default(),
        nulls: vec![String::new()],
        decimal: '.',
        thousands: None,
        minor_units: 0,
        true_values: words(&["true", "t", "yes", "y", "1"]),
        false_values: words(&["false", "f", "no", "n", "0"]),
        pii: None,
        description: None,
    }
}

/// A source of comma-separated files with these columns.
pub(crate) fn source(columns: &[(&str, &str)]) -> Source {
    Source {
        name: "shop".to_owned(),
        preset: None,
        description: None,
        path: "exports/*.csv".to_owned(),
        format: Format::Csv,
        csv: Csv {
            delimiter: b',',
            quote: Some(b'"'),
            escape: None,
            encoding: "utf-8".to_owned(),
            skip_rows: 0,
            header_rows: 1,
        },
        json: JsonOptions::default(),
        columns: columns.iter().map(|(name, of)| column(name, of)).collect(),
        carry: Vec::new(),
        key: Vec::new(),
        order_by: None,
        feeds: Vec::new(),
        namespace: "shop".to_owned(),
        on_bad_cell: OnBadCell::Null,
        max_bad_ratio: 1.0,
        required: true,
        survey: None,
        freshness: Freshness::default(),
    }
}
