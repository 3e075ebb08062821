/*!
Rows written in YAML as a typed batch.
*/

use std::sync::Arc;

use datafusion::arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, SchemaRef},
};
use indexmap::IndexMap;
use serde_json::Value;

/// The rows in the columns and types of a schema; columns left out are null.
pub(super) fn typed(
    schema: &SchemaRef,
    rows: &[IndexMap<String, Value>],
) -> Result<RecordBatch, String> {
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
        let row: IndexMap<String, Value> =
            serde_json::from_value(json!({"id": 118172, "at": "2026-01-01T10:00:00Z"})).unwrap();
        let batch = typed(&schema, &[row]).unwrap();
        assert_eq!(batch.num_rows(), 1);
        assert!(batch.column(2).is_null(0));
        let wrong: IndexMap<String, Value> = serde_json::from_value(json!({"ids": 1})).unwrap();
        assert_eq!(
            typed(&schema, &[wrong]).unwrap_err(),
            "there is no column ids; did you mean id?"
        );
        let wrong: IndexMap<String, Value> =
            serde_json::from_value(json!({"amount": "ten"})).unwrap();
        assert!(typed(&schema, &[wrong]).unwrap_err().starts_with("amount: "));
    }
}
