//! Avro and Arrow files: the same types by the same rules as Parquet.

use std::sync::Arc;

use arrow_avro::writer::AvroWriter;
use datafusion::arrow::{
    array::{
        ArrayRef, Int64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
    },
    datatypes::{DataType, Field, Schema},
    ipc::writer::{FileWriter, StreamWriter},
};
use journeymart::{config::reading::Format, error::codes};

use super::World;

/// Events as BigQuery extracts them: ids as text, instants, records within records.
fn events() -> RecordBatch {
    let device: ArrayRef = Arc::new(StringArray::from(vec!["mobile", "desktop", "tablet"]));
    let device =
        StructArray::from(vec![(Arc::new(Field::new("category", DataType::Utf8, false)), device)]);
    let at =
        TimestampMicrosecondArray::from(vec![1_774_751_400_000_000; 3]).with_timezone("+00:00");
    let columns: Vec<(Field, ArrayRef)> = vec![
        (
            Field::new("id", DataType::Utf8, false),
            Arc::new(StringArray::from(vec!["07", "8", "x"])),
        ),
        (Field::new("at", at_type(), false), Arc::new(at)),
        (
            Field::new("amount", DataType::Int64, true),
            Arc::new(Int64Array::from(vec![Some(5), None, Some(-1)])),
        ),
        (
            Field::new(
                "device",
                DataType::Struct(vec![Field::new("category", DataType::Utf8, false)].into()),
                false,
            ),
            Arc::new(device),
        ),
        (
            Field::new("properties", DataType::Utf8, true),
            Arc::new(StringArray::from(vec![Some(r#"{"plan": "pro"}"#), None, Some("{broken")])),
        ),
    ];
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

fn at_type() -> DataType {
    DataType::Timestamp(datafusion::arrow::datatypes::TimeUnit::Microsecond, Some("+00:00".into()))
}

fn avro(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = AvroWriter::new(Vec::new(), batch.schema().as_ref().clone()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    writer.into_inner()
}

fn ipc_file(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn ipc_stream(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn world(format: Format) -> World {
    World::new(&[
        ("plan", "string"),
        ("id", "int64"),
        ("at", "timestamp"),
        ("amount", "decimal(18,2)"),
        ("category", "string"),
    ])
    .column("plan", |column| column.from = vec!["properties.plan".to_owned()])
    .column("category", |column| column.from = vec!["device.category".to_owned()])
    .with(|source| source.format = format)
}

#[test]
fn avro_and_arrow_load_like_parquet() {
    for (format, name, content) in [
        (Format::Avro, "a.avro", avro(&events())),
        (Format::Arrow, "a.feather", ipc_file(&events())),
        (Format::Arrow, "a.arrows", ipc_stream(&events())),
        (Format::Avro, "a.avro.gz", super::archives::gzip(avro(&events()))),
        (Format::Arrow, "a.arrow.gz", super::archives::gzip(ipc_file(&events()))),
    ] {
        for batch_rows in [1, 8192] {
            let mut world = world(format).file(name, &content);
            world.batch_rows = batch_rows;
            let loaded = world.load();
            assert_eq!(
                loaded.rows,
                [
                    "pro|7|2026-03-29T02:30:00Z|5.00|mobile",
                    "∅|8|2026-03-29T02:30:00Z|∅|desktop",
                    "∅|∅|2026-03-29T02:30:00Z|-1.00|tablet",
                ],
                "{name}"
            );
            assert_eq!(
                loaded.bad_cells,
                [format!("{name}:3: id: x: int64"), format!("{name}:3: plan: {{broken: string")]
            );
        }
    }
}

#[test]
fn files_without_rows_and_files_that_are_cut_short() {
    for (format, write) in [
        (Format::Avro, avro as fn(&RecordBatch) -> Vec<u8>),
        (Format::Arrow, ipc_file),
        (Format::Arrow, ipc_stream),
    ] {
        let empty = world(format).file("a", write(&events().slice(0, 0))).load();
        assert_eq!(empty.report.books.rows_read, 0);
        let whole = write(&events());
        for content in [&b""[..], b"plain text\n", &whole[..whole.len() / 2]] {
            let error = world(format).file("a", content).error();
            assert_eq!(error.diagnostics[0].code, codes::MALFORMED, "{error}");
            assert!(error.to_string().starts_with("`a` cannot be read"), "{error}");
        }
    }
}
