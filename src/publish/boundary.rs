/*!
The types that leave the engine: what every BI tool reads from Parquet in the same way.

[`boundary`] is pure, so that `check` can refuse a mart before any data is read; [`convert`] brings
batches to the schema it returned, failing rather than changing a value.
*/

use std::sync::Arc;

use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit, TimestampNanosecondType},
};

use crate::error::{Diagnostic, Diagnostics, Error, Result, codes};

/// The schema under which a query's result is published, or every column that cannot be.
///
/// Text becomes `Utf8`, unsigned numbers `Int64`, time stamps microseconds in UTC. Every column is
/// nullable and metadata is dropped, so that equal content has equal bytes however it was planned.
pub fn boundary(schema: &Schema) -> Result<SchemaRef> {
    let mut faults = Diagnostics::default();
    let mut fields = Vec::new();
    for field in schema.fields() {
        match published(field.name(), field.data_type()) {
            Ok(data_type) => fields.push(Field::new(field.name(), data_type, true)),
            Err((what, hint)) => {
                let message = format!("column `{}` is {what}", field.name());
                faults.push(Diagnostic::error(codes::MART_TYPE, message).hint(hint));
            }
        }
    }
    faults.finish()?;
    Ok(Arc::new(Schema::new(fields)))
}

fn published(name: &str, data_type: &DataType) -> Result<DataType, (String, String)> {
    use DataType::*;
    Ok(match data_type {
        Boolean | Int8 | Int16 | Int32 | Int64 | Float32 | Float64 | Date32 | Decimal128(..) => {
            data_type.clone()
        }
        UInt8 | UInt16 | UInt32 | UInt64 => Int64,
        Float16 => Float32,
        Decimal32(precision, scale) | Decimal64(precision, scale) => Decimal128(*precision, *scale),
        Utf8 | LargeUtf8 | Utf8View => Utf8,
        Binary | LargeBinary | BinaryView | FixedSizeBinary(_) => Binary,
        Time32(_) | Time64(TimeUnit::Microsecond) => Time64(TimeUnit::Microsecond),
        Timestamp(_, Some(_)) => utc(),
        Dictionary(_, values) => return published(name, values),
        RunEndEncoded(_, values) => return published(name, values.data_type()),
        Timestamp(_, None) => {
            return Err((
                "a time stamp without time zone".into(),
                format!(
                    "write `cast({name} as timestamp with time zone)` if it is UTC, \
                     `local_date(…)` for a local day"
                ),
            ));
        }
        Date64 | Time64(_) => {
            let wanted = if matches!(data_type, Date64) { "date" } else { "string" };
            return Err((describe(data_type), format!("write `cast({name} as {wanted})`")));
        }
        Decimal256(precision, scale) => {
            let hint = format!("write `cast({name} as decimal(38, {scale}))`");
            return Err((format!("a decimal of {precision} digits"), hint));
        }
        Duration(_) | Interval(_) => {
            let hint = "write `seconds_between(earlier, later)`, or count the days";
            return Err((describe(data_type), hint.into()));
        }
        Null => {
            let hint = format!("write `cast(null as <type>) as {name}`");
            return Err(("null in every row, of no type".into(), hint));
        }
        List(_) | LargeList(_) | FixedSizeList(..) | ListView(_) | LargeListView(_) => {
            let hint = format!("write `unnest({name})` or `array_to_string({name}, ',')`");
            return Err((describe(data_type), hint));
        }
        Struct(fields) => {
            let first = fields.first().map_or("field", |field| field.name());
            let hint = format!("select its fields: `get_field({name}, '{first}')`");
            return Err((describe(data_type), hint));
        }
        Map(..) => {
            return Err((describe(data_type), format!("write `map_extract({name}, 'key')[1]`")));
        }
        Union(..) => return Err((describe(data_type), "cast it to one type".into())),
    })
}

fn describe(data_type: &DataType) -> String {
    use DataType::*;
    let name = match data_type {
        Duration(_) => "a duration",
        Interval(_) => "an interval",
        List(_) | LargeList(_) | FixedSizeList(..) | ListView(_) | LargeListView(_) => "a list",
        Struct(_) => "a struct",
        Map(..) => "a map",
        Date64 => "a date in milliseconds",
        Time64(_) => "a time of day in nanoseconds",
        _ => return format!("of type {data_type}"),
    };
    format!("{name}, which BI tools do not read")
}

fn utc() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The batch under the schema that [`boundary`] returned for its own.
pub(super) fn convert(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = batch.columns().iter().zip(schema.fields());
    let columns = columns.map(|(column, field)| convert_column(column, field));
    RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<_>>()?)
        .map_err(|error| Error::failed(codes::MART_TYPE, error.to_string()))
}

fn convert_column(column: &ArrayRef, field: &Field) -> Result<ArrayRef> {
    if column.data_type() == field.data_type() {
        return Ok(Arc::clone(column));
    }
    let inexact = |why: &str| {
        let message = format!("column `{}` cannot be published exactly: {why}", field.name());
        Error::failed(codes::MART_TYPE, message)
    };
    if let DataType::Timestamp(TimeUnit::Nanosecond, _) = column.data_type() {
        let values = column.as_primitive::<TimestampNanosecondType>();
        if values.iter().flatten().any(|value| value % 1_000 != 0) {
            let hint = format!("write `date_trunc('microsecond', {})`", field.name());
            return Err(inexact("it holds fractions of a microsecond").hint(hint));
        }
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(column, field.data_type(), &options)
        .map_err(|error| inexact(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::{
        array::{
            DictionaryArray, StringArray, StringViewArray, TimestampNanosecondArray, UInt64Array,
        },
        datatypes::{Int8Type, IntervalUnit},
    };

    use super::*;

    fn check(data_type: DataType) -> Result<DataType, String> {
        let metadata = [("key".to_owned(), "value".to_owned())];
        let field = Field::new("x", data_type, false).with_metadata(metadata.into());
        match boundary(&Schema::new(vec![field])) {
            Ok(schema) => {
                assert!(schema.field(0).is_nullable() && schema.field(0).metadata().is_empty());
                Ok(schema.field(0).data_type().clone())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn types_are_narrowed_to_what_is_read_everywhere() {
        let text = DataType::Dictionary(DataType::Int32.into(), DataType::Utf8View.into());
        let amsterdam = Some("Europe/Amsterdam".into());
        for (from, to) in [
            (DataType::Utf8View, DataType::Utf8),
            (text, DataType::Utf8),
            (DataType::UInt64, DataType::Int64),
            (DataType::UInt8, DataType::Int64),
            (DataType::Timestamp(TimeUnit::Nanosecond, amsterdam), utc()),
            (DataType::Timestamp(TimeUnit::Second, Some("+00:00".into())), utc()),
            (DataType::Decimal128(18, 4), DataType::Decimal128(18, 4)),
            (DataType::Date32, DataType::Date32),
        ] {
            assert_eq!(check(from.clone()), Ok(to), "{from}");
        }
    }

    #[test]
    fn other_types_name_the_function_to_use() {
        let item = Arc::new(Field::new("item", DataType::Int64, true));
        for (data_type, what, hint) in [
            (DataType::Duration(TimeUnit::Second), "a duration", "seconds_between("),
            (DataType::Interval(IntervalUnit::MonthDayNano), "an interval", "seconds_between("),
            (DataType::Null, "of no type", "cast(null as <type>) as x"),
            (DataType::List(Arc::clone(&item)), "a list", "unnest(x)"),
            (DataType::Struct(vec![item].into()), "a struct", "get_field(x, 'item')"),
            (DataType::Timestamp(TimeUnit::Microsecond, None), "without time zone", "local_date("),
            (DataType::Decimal256(50, 4), "50 digits", "decimal(38, 4)"),
        ] {
            let message = check(data_type).unwrap_err();
            assert!(message.starts_with("column `x` is "), "{message}");
            assert!(message.contains(what) && message.contains(hint), "{message}");
        }
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let fields = ["a", "b"].map(|name| Field::new(name, DataType::Null, true));
        assert_eq!(boundary(&Schema::new(fields.to_vec())).unwrap_err().diagnostics.len(), 2);
    }

    fn converted(array: ArrayRef) -> Result<ArrayRef> {
        let schema = Schema::new(vec![Field::new("x", array.data_type().clone(), true)]);
        let target = boundary(&schema).unwrap();
        let batch = RecordBatch::try_new(Arc::new(schema), vec![array]).unwrap();
        Ok(Arc::clone(convert(&batch, &target)?.column(0)))
    }

    #[test]
    fn values_are_kept_or_refused() {
        let expected: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("a")]));
        let view: ArrayRef = Arc::new(StringViewArray::from(vec![Some("a"), None, Some("a")]));
        let dictionary: DictionaryArray<Int8Type> =
            [Some("a"), None, Some("a")].into_iter().collect();
        assert_eq!(&converted(view).unwrap(), &expected);
        assert_eq!(&converted(Arc::new(dictionary)).unwrap(), &expected);

        let large = Arc::new(UInt64Array::from(vec![u64::MAX]));
        assert!(converted(large).unwrap_err().to_string().contains("`x` cannot be published"));

        let stamps = |value| {
            converted(Arc::new(TimestampNanosecondArray::from(vec![value]).with_timezone("UTC")))
        };
        assert_eq!(stamps(5_000).unwrap().data_type(), &utc());
        assert!(stamps(5_001).unwrap_err().to_string().contains("date_trunc('microsecond', x)"));
    }
}
