//! What is in a file, and what must leave no trace in it.

use bytes::Bytes;
use datafusion::{
    arrow::{
        array::{DictionaryArray, StringViewArray, TimestampMillisecondArray},
        compute::cast,
        datatypes::{DataType, Int32Type, TimeUnit},
    },
    parquet::{
        basic::Compression,
        file::{reader::FileReader, serialized_reader::SerializedFileReader},
    },
};

use super::*;

/// 20,000 rows: several batches, so that another split could show.
fn many() -> RecordBatch {
    let row_values = |row: i64| (row * 7_919) % 1_000;
    rows(&(0..20_000).map(row_values).collect::<Vec<_>>())
}

async fn file(batches: Vec<RecordBatch>) -> Vec<u8> {
    let publisher = Publisher::open(memory(), PIPELINE, options()).await.unwrap();
    let schema = batches[0].schema();
    let staged = publisher.stage(spec("churn"), streamed(schema, batches), 2).await.unwrap();
    let file = staged.location.get().await.unwrap().to_vec();
    assert_eq!(staged.entry.bytes, file.len() as u64);
    let digest = journeymart::storage::sha256(&mut file.as_slice()).unwrap();
    assert_eq!(staged.entry.files[0].sha256, digest);
    file
}

fn split(batch: &RecordBatch, rows: usize) -> Vec<RecordBatch> {
    let starts = (0..batch.num_rows()).step_by(rows);
    starts.map(|start| batch.slice(start, rows.min(batch.num_rows() - start))).collect()
}

#[tokio::test]
async fn bytes_do_not_depend_on_how_rows_arrive() {
    let whole = many();
    let expected = file(vec![whole.clone()]).await;
    for rows in [1, 1_000, 8_191, 8_192, 8_193, 19_999] {
        assert_eq!(file(split(&whole, rows)).await, expected, "batches of {rows}");
    }
    let empty = whole.slice(0, 0);
    assert_eq!(file(vec![empty.clone(), whole.clone(), empty]).await, expected);
}

#[tokio::test]
async fn bytes_do_not_depend_on_how_text_is_held() {
    let whole = many();
    let expected = file(vec![whole.clone()]).await;
    let keys = whole.column(0);
    for data_type in [DataType::Utf8View, DataType::LargeUtf8] {
        let keys = cast(keys, &data_type).unwrap();
        let columns = [("customer_id", keys), ("order_count", Arc::clone(whole.column(1)))];
        assert_eq!(file(vec![RecordBatch::try_from_iter(columns).unwrap()]).await, expected);
    }
    // A dictionary whose values nobody uses, in another order.
    let texts = keys.as_any().downcast_ref::<StringArray>().unwrap();
    let dictionary: DictionaryArray<Int32Type> = texts.iter().rev().collect();
    let reversed: Vec<Option<i32>> = dictionary.keys().iter().rev().collect();
    let dictionary: ArrayRef = Arc::new(DictionaryArray::<Int32Type>::new(
        reversed.into(),
        Arc::clone(dictionary.values()),
    ));
    let columns = [("customer_id", dictionary), ("order_count", Arc::clone(whole.column(1)))];
    let view: ArrayRef = Arc::new(StringViewArray::from_iter(texts.iter()));
    assert_eq!(&cast(&columns[0].1, &DataType::Utf8View).unwrap(), &view);
    assert_eq!(file(vec![RecordBatch::try_from_iter(columns).unwrap()]).await, expected);
}

#[tokio::test]
async fn bytes_do_not_depend_on_where_they_are_published() {
    let mut files = Vec::new();
    for (place, _folder) in places() {
        run(&place, &[("churn", Want::Rows(&[1, 2, 3]))]).await.unwrap();
        files.push(stable(&place).await.remove("churn").unwrap());
    }
    assert!(files.len() >= 2 && files.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn a_file_says_what_it_is_and_not_when_or_where() {
    let file = file(vec![many()]).await;
    let reader = SerializedFileReader::new(Bytes::from(file)).unwrap();
    let metadata = reader.metadata();
    assert_eq!(metadata.file_metadata().created_by(), Some("journeymart"));
    let entries = metadata.file_metadata().key_value_metadata().unwrap();
    let entries: Vec<(&str, &str)> =
        entries.iter().map(|entry| (entry.key.as_str(), entry.value.as_deref().unwrap())).collect();
    assert_eq!(
        entries,
        [
            ("journeymart.authority", "Nobody; made up for a test."),
            (
                "journeymart.columns",
                r#"{"order_count":{"description":"Orders.","unit":"orders","definition":"count of orders","authority":"Nobody either."}}"#
            ),
            ("journeymart.definition", "Those who bought."),
            ("journeymart.description", "One row per customer."),
            ("journeymart.grain", r#"["customer_id"]"#),
            ("journeymart.mart", "churn"),
        ]
    );
    let group = metadata.row_group(0);
    let sorting = group.sorting_columns().unwrap();
    assert_eq!((sorting.len(), sorting[0].column_idx, sorting[0].descending), (1, 0, false));
    assert!(matches!(group.column(0).compression(), Compression::ZSTD(_)));
    assert!(group.column(0).column_index_offset().is_some(), "no page statistics");
}

#[tokio::test]
async fn time_stamps_are_microseconds_in_utc() {
    let stamps = TimestampMillisecondArray::from(vec![Some(1_782_820_800_123), None]);
    let stamps: ArrayRef = Arc::new(stamps.with_timezone("Europe/Amsterdam"));
    let keys = Arc::clone(rows(&[1, 2]).column(0));
    let columns = [("customer_id", keys), ("ordered_at", Arc::clone(&stamps))];
    let file = file(vec![RecordBatch::try_from_iter(columns).unwrap()]).await;
    let read = decoded(&file).remove(0);
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!(read.schema().field(1).data_type(), &utc);
    assert_eq!(read.column(1), &cast(&stamps, &utc).unwrap());
}

#[tokio::test]
async fn an_empty_mart_is_a_typed_file() {
    let file = file(vec![rows(&[])]).await;
    let reader = ParquetRecordBatchReader::try_new(Bytes::from(file), 8_192).unwrap();
    let schema = datafusion::arrow::array::RecordBatchReader::schema(&reader);
    assert_eq!(schema.field(0).data_type(), &DataType::Utf8);
    assert_eq!(schema.field(1).data_type(), &DataType::Int64);
    assert_eq!(reader.count(), 0);
}
