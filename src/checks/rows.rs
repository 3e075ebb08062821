/*!
Rows written in YAML as a typed batch, and how those that were computed differ from them.
*/

use std::sync::Arc;

use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, Float64Type, SchemaRef},
    error::ArrowError,
    util::{
        display::{ArrayFormatter, FormatOptions},
        pretty::pretty_format_batches,
    },
};
use indexmap::IndexMap;
use serde_json::Value;

/// A row as it is written: the columns it names.
pub type Row = IndexMap<String, Value>;

/// What differs between the expected and the actual rows, as lines; nothing where they agree. Each
/// expected row is compared on the columns it names; no rows mean that none are expected.
pub fn difference(expected: &[Row], actual: &RecordBatch) -> Result<String, String> {
    let text = |error: ArrowError| error.to_string();
    if expected.is_empty() && actual.num_rows() > 0 {
        let table = pretty_format_batches(std::slice::from_ref(actual)).map_err(text)?;
        return Ok(format!("expected no rows, found {}\n{table}", actual.num_rows()));
    }
    let mut columns: Vec<&str> = Vec::new();
    for name in expected.iter().flat_map(|row| row.keys()) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    let schema = actual.schema();
    let projected = columns
        .iter()
        .map(|name| schema.index_of(name).map_err(|_| format!("there is no column {name}")))
        .collect::<Result<Vec<_>, _>>()?;
    let actual = actual.project(&projected).map_err(text)?;
    let wanted =
        typed(&actual.schema(), expected).map_err(|message| format!("expect: {message}"))?;
    let mut lines = Vec::new();
    if wanted.num_rows() != actual.num_rows() {
        lines.push(format!("expected {} rows, found {}", wanted.num_rows(), actual.num_rows()));
    }
    for (row, written) in expected.iter().enumerate().take(actual.num_rows()) {
        for (index, name) in columns.iter().enumerate() {
            let Some(written) = written.get(*name) else { continue };
            let (wanted, found) = (
                cell(wanted.column(index), row).map_err(text)?,
                cell(actual.column(index), row).map_err(text)?,
            );
            if wanted != found && !close(written, actual.column(index), row) {
                lines.push(format!("row {}: {name} is {found}, expected {wanted}", row + 1));
            }
        }
    }
    if lines.is_empty() {
        return Ok(String::new());
    }
    let table = pretty_format_batches(std::slice::from_ref(&actual)).map_err(text)?;
    Ok(format!("{}\n{table}", lines.join("\n")))
}

/// Whether a float is the written one to the digits it is written with.
fn close(written: &Value, column: &ArrayRef, row: usize) -> bool {
    if *column.data_type() != DataType::Float64 || column.is_null(row) {
        return false;
    }
    let text = match written {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return false,
    };
    let Ok(wanted) = text.parse::<f64>() else { return false };
    let found = column.as_primitive::<Float64Type>().value(row);
    /// Fewer decimals than this are meant exactly.
    const DECIMALS: usize = 4;
    let decimals = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let tolerance = if decimals >= DECIMALS {
        0.5 * 10f64.powi(-i32::try_from(decimals).unwrap_or(i32::MAX))
    } else {
        wanted.abs() * 1e-12
    };
    (wanted - found).abs() <= tolerance * (1.0 + 1e-9)
}

fn cell(column: &ArrayRef, row: usize) -> Result<String, ArrowError> {
    let options = FormatOptions::default().with_null("null");
    Ok(ArrayFormatter::try_new(column.as_ref(), &options)?.value(row).to_string())
}

/// The rows in the columns and types of a schema; columns left out are null.
pub(super) fn typed(schema: &SchemaRef, rows: &[Row]) -> Result<RecordBatch, String> {
    for row in rows {
        if let Some(unknown) = row.keys().find(|name| schema.index_of(name).is_err()) {
            let names: Vec<&str> =
                schema.fields().iter().map(|field| field.name().as_str()).collect();
            let hint = crate::error::nearest(unknown, &names)
                .map(|name| format!("; did you mean {name}?"))
                .unwrap_or_default();
            return Err(format!("there is no column {unknown}{hint}"));
        }
    }
    let columns = schema
        .fields()
        .iter()
        .map(|field| {
            let cells = rows.iter().map(|row| row.get(field.name()));
            column(cells, field.data_type())
                .map_err(|message| format!("{}: {message}", field.name()))
        })
        .collect::<Result<Vec<ArrayRef>, String>>()?;
    let nullable = Arc::new(datafusion::arrow::datatypes::Schema::new(
        schema
            .fields()
            .iter()
            .map(|field| field.as_ref().clone().with_nullable(true))
            .collect::<Vec<_>>(),
    ));
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(nullable, columns, &options)
        .map_err(|error| error.to_string())
}

fn column<'a>(
    cells: impl Iterator<Item = Option<&'a Value>>,
    of: &DataType,
) -> Result<ArrayRef, String> {
    let texts: StringArray = cells
        .map(|cell| match cell {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(value.to_string())),
            Some(nested) => Err(format!("{nested} is no single value")),
        })
        .collect::<Result<Vec<_>, String>>()?
        .into();
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(&texts, of, &options).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::{Field, Schema, TimeUnit};
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_take_the_declared_types() {
        let schema = Arc::new(Schema::new(vec![
            Field::new("id", DataType::Utf8, true),
            Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
            Field::new("amount", DataType::Decimal128(18, 4), true),
        ]));
        let row: Row =
            serde_json::from_value(json!({"id": 118172, "at": "2026-01-01T10:00:00Z"})).unwrap();
        let batch = typed(&schema, &[row]).unwrap();
        assert_eq!(batch.num_rows(), 1);
        assert!(batch.column(2).is_null(0));
        let wrong: Row = serde_json::from_value(json!({"ids": 1})).unwrap();
        assert_eq!(
            typed(&schema, &[wrong]).unwrap_err(),
            "there is no column ids; did you mean id?"
        );
        let wrong: Row = serde_json::from_value(json!({"amount": "ten"})).unwrap();
        assert!(typed(&schema, &[wrong]).unwrap_err().starts_with("amount: "));
    }
}
