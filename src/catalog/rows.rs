/*!
Small tables that are written by hand: blocks of the pipeline's YAML and the CSV files of `sql/lookups`.
*/

use std::sync::Arc;

use datafusion::arrow::{
    array::{ArrayRef, RecordBatch, StringArray},
    compute::{CastOptions, cast_with_options},
    csv::{ReaderBuilder, reader::Format},
    datatypes::{DataType, Field, Schema, SchemaRef},
};

use crate::{
    config::types::ColumnType,
    engine::{arrow_schema, arrow_type},
    error::{Diagnostic, Diagnostics, Location, codes},
};

/// A batch from texts, row by row, in the types of the columns; an absent text is null.
pub(super) fn batch(
    columns: &[(String, ColumnType)],
    rows: &[Vec<Option<String>>],
) -> Result<RecordBatch, String> {
    let texts = (0..columns.len())
        .map(|index| rows.iter().map(|row| row.get(index).cloned().flatten()).collect())
        .collect();
    typed(columns, texts)
}

fn typed(columns: &[(String, ColumnType)], texts: Vec<StringArray>) -> Result<RecordBatch, String> {
    let schema = arrow_schema(columns.iter().map(|(name, of)| (name.as_str(), of)));
    let arrays = columns
        .iter()
        .zip(texts)
        .map(|((name, of), texts)| {
            let strict = CastOptions { safe: false, ..CastOptions::default() };
            cast_with_options(&texts, &arrow_type(of), &strict)
                .map_err(|error| format!("column `{name}`: {error}"))
        })
        .collect::<Result<Vec<ArrayRef>, String>>()?;
    let options = datafusion::arrow::array::RecordBatchOptions::new()
        .with_row_count(arrays.is_empty().then_some(0));
    RecordBatch::try_new_with_options(schema, arrays, &options).map_err(|error| error.to_string())
}

/// Reads a lookup file: a header line and its rows. Columns are text unless `types` says otherwise.
pub(super) fn lookup(
    file: &str,
    text: &str,
    types: &dyn Fn(&str) -> Option<ColumnType>,
    found: &mut Diagnostics,
) -> Option<RecordBatch> {
    let fault = |line: u32, message: String| {
        Diagnostic::error(codes::MALFORMED, message).at(Location::line(file, line))
    };
    let names = match Format::default().with_header(true).infer_schema(text.as_bytes(), Some(0)) {
        Ok((header, _)) => header,
        Err(error) => {
            found.push(fault(1, error.to_string()));
            return None;
        }
    };
    let names: Vec<String> =
        names.fields().iter().map(|field| field.name().trim().to_lowercase()).collect();
    let schema: SchemaRef = Arc::new(Schema::new(
        names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect::<Vec<_>>(),
    ));
    let read = ReaderBuilder::new(schema)
        .with_header(true)
        .build(text.as_bytes())
        .and_then(Iterator::collect::<Result<Vec<RecordBatch>, _>>);
    let columns: Vec<(String, ColumnType)> = names
        .into_iter()
        .map(|name| {
            let of = types(&name).unwrap_or(ColumnType::String);
            (name, of)
        })
        .collect();
    let texts = |batches: Vec<RecordBatch>| -> Vec<StringArray> {
        (0..columns.len())
            .map(|index| {
                batches
                    .iter()
                    .flat_map(|batch| {
                        let texts = batch.column(index).as_any().downcast_ref::<StringArray>();
                        texts.expect("the schema is text").iter()
                    })
                    .map(|text| text.filter(|text| !text.is_empty()).map(str::to_owned))
                    .collect()
            })
            .collect()
    };
    match read
        .map_err(|error| error.to_string())
        .and_then(|batches| typed(&columns, texts(batches)))
    {
        Ok(rows) => Some(rows),
        Err(message) => {
            found.push(fault(1, message));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_typed_or_named() {
        let columns =
            vec![("day".to_owned(), ColumnType::Date), ("n".to_owned(), ColumnType::Int64)];
        let row = |day: &str, n: Option<&str>| vec![Some(day.to_owned()), n.map(str::to_owned)];
        let rows =
            batch(&columns, &[row("2026-01-01", Some("3")), row("2026-01-02", None)]).unwrap();
        assert_eq!((rows.num_rows(), rows.column(1).null_count()), (2, 1));
        let error = batch(&columns, &[row("2026-01-01", Some("three"))]).unwrap_err();
        assert!(error.contains("column `n`") && error.contains("three"), "{error}");
    }

    #[test]
    fn lookups_are_text_unless_typed() {
        let mut found = Diagnostics::default();
        let types = |name: &str| (name == "rank").then_some(ColumnType::Int64);
        let text = "Channel, rank\n\"e,mail\",1\npaid,\n";
        let rows = lookup("sql/lookups/channels.csv", text, &types, &mut found).unwrap();
        let names: Vec<_> =
            rows.schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(names, ["channel", "rank"]);
        assert_eq!((rows.num_rows(), rows.column(1).null_count()), (2, 1));
        assert_eq!(rows.column(1).data_type(), &DataType::Int64);
        found.finish().unwrap();
    }
}
