/*!
The Arrow types behind the types that YAML and SQL headers spell.
*/

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::config::types::ColumnType;

/// The Arrow type of a declared type. Time stamps are microseconds in UTC, JSON is text.
pub fn arrow_type(declared: &ColumnType) -> DataType {
    match declared {
        ColumnType::String | ColumnType::Json => DataType::Utf8,
        ColumnType::Int64 => DataType::Int64,
        ColumnType::Float64 => DataType::Float64,
        ColumnType::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale),
        ColumnType::Bool => DataType::Boolean,
        ColumnType::Date => DataType::Date32,
        ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        ColumnType::List(item) => {
            DataType::List(Arc::new(Field::new_list_field(arrow_type(item), true)))
        }
        ColumnType::Struct(fields) => DataType::Struct(
            fields.iter().map(|(name, of)| Field::new(name, arrow_type(of), true)).collect(),
        ),
    }
}

/// A schema of nullable columns.
pub fn arrow_schema<'a>(columns: impl IntoIterator<Item = (&'a str, &'a ColumnType)>) -> SchemaRef {
    Arc::new(Schema::new(
        columns
            .into_iter()
            .map(|(name, of)| Field::new(name, arrow_type(of), true))
            .collect::<Vec<_>>(),
    ))
}

/// The spelling of an Arrow type in headers and messages, where it has one.
pub fn declared_type(arrow: &DataType) -> Option<ColumnType> {
    Some(match arrow {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => ColumnType::String,
        DataType::Dictionary(_, value) => declared_type(value)?,
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64 => ColumnType::Int64,
        DataType::Float32 | DataType::Float64 => ColumnType::Float64,
        DataType::Decimal128(precision, scale) => ColumnType::Decimal(*precision, *scale),
        DataType::Boolean => ColumnType::Bool,
        DataType::Date32 => ColumnType::Date,
        DataType::Timestamp(_, Some(_)) => ColumnType::Timestamp,
        DataType::List(item) => ColumnType::List(Box::new(declared_type(item.data_type())?)),
        DataType::Struct(fields) => ColumnType::Struct(
            fields
                .iter()
                .map(|field| Some((field.name().clone(), declared_type(field.data_type())?)))
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    })
}
