//! Parquet: declared types from whatever types the file has.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{
            Array, ArrayRef, BinaryArray, Date32Array, Decimal128Array, Float64Array, Int32Array,
            Int64Array, ListArray, RecordBatch, StringArray, StructArray,
            TimestampMicrosecondArray, TimestampMillisecondArray,
        },
        buffer::OffsetBuffer,
        datatypes::{DataType, Field},
    },
    parquet::arrow::ArrowWriter,
};
use journeymart::{
    config::{drift::MissingColumn, reading::Format, source::EpochUnit},
    error::codes,
};

use super::World;

fn parquet(columns: &[(&str, &str)]) -> World {
    World::new(columns).with(|source| source.format = Format::Parquet)
}

fn bytes(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn a_column_that_a_file_may_lack_is_null_in_it() {
    let file = bytes(vec![("id", Arc::new(Int64Array::from(vec![1, 2])))]);
    let rows = parquet(&[("id", "int64"), ("email", "string"), ("traits.plan", "string")])
        .with(|source| source.drift.missing = MissingColumn::Accept)
        .file("a.parquet", file)
        .load()
        .rows;
    assert_eq!(rows, ["1|∅|∅", "2|∅|∅"]);
}

#[test]
fn every_type_reaches_the_declared_one() {
    // 2026-03-29T02:30:00 as a clock shows it, and as an instant.
    let local = 1_774_751_400_000;
    let file = bytes(vec![
        ("id", Arc::new(Int32Array::from(vec![7, 8]))),
        (
            "Amount",
            Arc::new(
                Decimal128Array::from(vec![Some(1999), None])
                    .with_precision_and_scale(10, 2)
                    .unwrap(),
            ),
        ),
        ("rate", Arc::new(Float64Array::from(vec![0.1 + 0.2, f64::NAN]))),
        ("price", Arc::new(Float64Array::from(vec![19.990_000_000_000_002, 5.0]))),
        ("clock", Arc::new(TimestampMillisecondArray::from(vec![Some(local), None]))),
        (
            "at",
            Arc::new(
                TimestampMillisecondArray::from(vec![local, local])
                    .with_timezone("Europe/Amsterdam"),
            ),
        ),
        ("epoch", Arc::new(Int64Array::from(vec![1_774_751_400, -1]))),
        ("day", Arc::new(Date32Array::from(vec![0, 20_541]))),
        ("count", Arc::new(StringArray::from(vec![" 12 ", "many"]))),
        ("unused", Arc::new(BinaryArray::from(vec![&b"\xff"[..], b"x"]))),
        ("text", Arc::new(StringArray::from(vec!["", "x"]))),
    ]);
    let loaded = parquet(&[
        ("text", "string"),
        ("id", "int64"),
        ("amount", "decimal(18,4)"),
        ("rate", "float64"),
        ("price", "decimal(18,2)"),
        ("clock", "timestamp"),
        ("at", "timestamp"),
        ("epoch", "timestamp"),
        ("day", "date"),
        ("count", "int64"),
    ])
    .column("clock", |column| {
        column.timezone = "Europe/Amsterdam".to_owned();
        column.formats = vec!["%d-%m-%Y".to_owned()];
    })
    .column("epoch", |column| column.epoch = Some(EpochUnit::S))
    .file("a.parquet", file)
    .load();
    assert_eq!(
        loaded.rows,
        [
            "∅|7|19.9900|0.30000000000000004|19.99|2026-03-29T01:00:00Z|2026-03-29T02:30:00Z|2026-03-29T02:30:00Z|1970-01-01|12",
            "x|8|∅|∅|5.00|∅|2026-03-29T02:30:00Z|1969-12-31T23:59:59Z|2026-03-29|∅",
        ]
    );
    assert_eq!(
        loaded.bad_cells,
        ["a.parquet:2: count: many: int64", "a.parquet:2: rate: NaN: float64"]
    );
}

#[test]
fn paths_and_nested_types_read_lists_of_structs() {
    let slots = StructArray::from(vec![
        (
            Arc::new(Field::new("string_value", DataType::Utf8, true)),
            Arc::new(StringArray::from(vec![Some("/x"), None, None])) as ArrayRef,
        ),
        (
            Arc::new(Field::new("int_value", DataType::Int64, true)),
            Arc::new(Int64Array::from(vec![None, Some(90), Some(91)])) as ArrayRef,
        ),
    ]);
    let keys: ArrayRef = Arc::new(StringArray::from(vec!["page", "session", "session"]));
    let entries = StructArray::from(vec![
        (Arc::new(Field::new("key", DataType::Utf8, true)), keys),
        (
            Arc::new(Field::new("value", slots.data_type().clone(), true)),
            Arc::new(slots) as ArrayRef,
        ),
    ]);
    let item = Arc::new(Field::new("item", entries.data_type().clone(), true));
    let list = ListArray::new(item, OffsetBuffer::from_lengths([2, 1]), Arc::new(entries), None);
    let file = bytes(vec![("event_params", Arc::new(list))]);
    let loaded = parquet(&[
        ("page", "string"),
        ("session", "int64"),
        ("params", "list<struct<key: string>>"),
        ("all", "json"),
    ])
    .column("page", |column| column.from = vec!["event_params[key=page].value.*".to_owned()])
    .column("session", |column| column.from = vec!["event_params[key=session].value.*".to_owned()])
    .column("params", |column| column.from = vec!["event_params".to_owned()])
    .column("all", |column| column.from = vec!["event_params".to_owned()])
    .file("a.parquet", file)
    .load();
    assert_eq!(
        loaded.rows,
        [
            "/x|90|[{key: page}, {key: session}]|[{\"key\":\"page\",\"value\":{\"string_value\":\"/x\"}},{\"key\":\"session\",\"value\":{\"int_value\":90}}]",
            "∅|91|[{key: session}]|[{\"key\":\"session\",\"value\":{\"int_value\":91}}]",
        ]
    );
}

#[test]
fn a_type_that_changes_between_files_and_packing_by_name_alone() {
    let number = bytes(vec![("id", Arc::new(Int32Array::from(vec![1])))]);
    let text = bytes(vec![("id", Arc::new(StringArray::from(vec!["0002"])))]);
    let packed = zstd::encode_all(&bytes(vec![("id", Arc::new(Int64Array::from(vec![3])))])[..], 1);
    let loaded = parquet(&[("id", "string")])
        .file("a.parquet", number)
        .file("b.parquet.zst", text)
        .file("c.parquet", packed.unwrap())
        .load();
    let mut rows = loaded.rows;
    rows.sort();
    assert_eq!(rows, ["0002", "1", "3"]);
}

#[test]
fn rows_are_numbered_over_batches_and_faults_named() {
    let values: Vec<i64> = (1..=100).collect();
    let text: Vec<String> = values
        .iter()
        .map(|value| if *value == 77 { "x".to_owned() } else { value.to_string() })
        .collect();
    let mut world = parquet(&[("id", "int64")])
        .column("id", |column| column.required = true)
        .file("a.parquet", bytes(vec![("id", Arc::new(StringArray::from(text)))]));
    world.batch_rows = 10;
    let loaded = world.load();
    assert_eq!(loaded.bad_rows, ["a.parquet:77: `id` is no int64: ∅"]);
    assert_eq!(loaded.rows.len(), 99);
    let whole = bytes(vec![("id", Arc::new(TimestampMicrosecondArray::from(values)))]);
    let error = parquet(&[("ids", "int64")]).file("a.parquet", &whole).error();
    assert_eq!(error.diagnostics[0].code, codes::HEADER_MISSING);
    assert!(error.to_string().contains("did you mean `id`?"), "{error}");
    for broken in [&whole[..whole.len() - 9], &b"id\n1\n"[..], &[]] {
        let error = parquet(&[("id", "int64")]).file("a.parquet", broken).error();
        assert_eq!(error.diagnostics[0].code, codes::MALFORMED);
        assert!(error.to_string().starts_with("`a.parquet` cannot be read as Parquet"), "{error}");
    }
}

#[test]
fn paths_lead_into_texts_that_are_json() {
    let texts = StringArray::from(vec![
        Some("{\"$current_url\": \"https://a.nl/\", \"n\": {\"x\": 1}}"),
        Some("no JSON"),
        Some("\"text\""),
        None,
    ]);
    let loaded = parquet(&[("url", "string"), ("x", "int64"), ("properties", "string")])
        .column("url", |column| column.from = vec!["properties.$current_url".to_owned()])
        .column("x", |column| column.from = vec!["properties.n.x".to_owned()])
        .file("a.parquet", bytes(vec![("properties", Arc::new(texts))]))
        .load();
    let seen: Vec<&str> =
        loaded.rows.iter().map(|row| row.rsplit_once('|').map_or("", |(start, _)| start)).collect();
    assert_eq!(seen, ["https://a.nl/|1", "∅|∅", "∅|∅", "∅|∅"]);
    let barred = |cell: &&String| cell.ends_with(": no object on its path");
    assert_eq!(loaded.bad_cells.iter().filter(barred).count(), 2, "{:?}", loaded.bad_cells);
}
