//! The publish protocol: what readers see, whatever fails and whenever it is killed.
//!
//! Cases run on local disk and in memory, and on S3 and Azure where `JOURNEYMART_TEST_S3` and
//! `JOURNEYMART_TEST_AZURE` name a place to write to (`tests/servers` starts some on this machine).

mod commits;
mod crashes;
mod faulty;
mod files;
mod history;
mod stores;

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use datafusion::{
    arrow::{
        array::{ArrayRef, Int64Array, RecordBatch, StringArray},
        datatypes::SchemaRef,
    },
    execution::SendableRecordBatchStream,
    parquet::arrow::arrow_reader::ParquetRecordBatchReader,
    physical_plan::stream::RecordBatchStreamAdapter,
};
use futures::stream;
use journeymart::{
    error::Result,
    publish::{
        ColumnNote, Commit, CommitRequest, Finished, InputRecord, MartSpec, MartState,
        PublishOptions, Publisher,
    },
    storage::{Location, Storage},
};
use uuid::Uuid;

const PIPELINE: &str = "customer_journey";

fn options() -> PublishOptions {
    PublishOptions { run_id: Uuid::now_v7(), single_writer: false }
}

fn spec(name: &str) -> MartSpec {
    MartSpec {
        name: name.into(),
        fingerprint: format!("fingerprint of {name}"),
        description: Some("One row per customer.".into()),
        definition: Some("Those who bought.".into()),
        authority: Some("Nobody; made up for a test.".into()),
        grain: vec!["customer_id".into()],
        sorted_by: vec!["customer_id".into()],
        columns: BTreeMap::from([(
            "order_count".into(),
            ColumnNote {
                description: Some("Orders.".into()),
                unit: Some("orders".into()),
                definition: Some("count of orders".into()),
                authority: Some("Nobody either.".into()),
            },
        )]),
    }
}

fn rows(values: &[i64]) -> RecordBatch {
    let keys: Vec<String> = (0..values.len()).map(|row| format!("c{row:05}")).collect();
    let keys: ArrayRef = Arc::new(StringArray::from(keys));
    let values: ArrayRef = Arc::new(Int64Array::from(values.to_vec()));
    RecordBatch::try_from_iter([("customer_id", keys), ("order_count", values)]).unwrap()
}

fn streamed(schema: SchemaRef, batches: Vec<RecordBatch>) -> SendableRecordBatchStream {
    let batches = stream::iter(batches.into_iter().map(Ok));
    Box::pin(RecordBatchStreamAdapter::new(schema, batches))
}

/// A mart that a run wants: written with these values, or carried over.
enum Want<'a> {
    Rows(&'a [i64]),
    Carried,
}

/// Stages and commits, without the last step.
async fn commit(publisher: &mut Publisher, marts: &[(&str, Want<'_>)]) -> Result<Commit> {
    let mut wanted = BTreeMap::new();
    for (name, want) in marts {
        let state = match want {
            Want::Rows(values) => {
                let batch = rows(values);
                let rows = streamed(batch.schema(), vec![batch]);
                MartState::Staged(publisher.stage(spec(name), rows, 2).await?)
            }
            Want::Carried => MartState::Carried,
        };
        wanted.insert((*name).to_owned(), state);
    }
    let request = CommitRequest {
        as_of_date: chrono::NaiveDate::from_ymd_opt(2026, 6, 30),
        parameters: BTreeMap::from([("grace_days".into(), 30.into())]),
        inputs: vec![input("b.csv"), input("a.csv")],
        marts: wanted,
    };
    Ok(publisher.commit(request).await?.clone())
}

fn input(path: &str) -> InputRecord {
    InputRecord { source: "shop".into(), path: path.into(), bytes: 3, content_id: "abc".into() }
}

/// A whole run.
async fn run(location: &Location, marts: &[(&str, Want<'_>)]) -> Result<(Commit, Finished)> {
    let mut publisher = Publisher::open(location.clone(), PIPELINE, options()).await?;
    let commit = commit(&mut publisher, marts).await?;
    Ok((commit, publisher.finish().await?))
}

/// What a BI tool sees: the stable files, by mart.
async fn stable(location: &Location) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for file in location.children().await.unwrap().0 {
        if let Some(mart) = file.name.strip_suffix(".parquet") {
            files.insert(mart.to_owned(), file.location.get().await.unwrap().to_vec());
        }
    }
    files
}

fn decoded(file: &[u8]) -> Vec<RecordBatch> {
    let reader = ParquetRecordBatchReader::try_new(Bytes::copy_from_slice(file), 8_192).unwrap();
    reader.collect::<Result<_, _>>().unwrap()
}

/// The values of a mart written by [`commit`].
fn values(file: &[u8]) -> Vec<i64> {
    let mut values = Vec::new();
    for batch in decoded(file) {
        let column = batch.column_by_name("order_count").unwrap();
        let column = column.as_any().downcast_ref::<Int64Array>().unwrap();
        values.extend(column.values());
    }
    values
}

fn memory() -> Location {
    Storage::new(".").location("memory://test/marts").unwrap()
}

/// A place of its own on every store at hand. The folder goes when it is dropped.
fn places() -> Vec<(Location, Option<tempfile::TempDir>)> {
    let folder = tempfile::tempdir().unwrap();
    let local = Storage::new(folder.path()).location("out/marts").unwrap();
    let mut places = vec![(memory(), None), (local, Some(folder))];
    for variable in ["JOURNEYMART_TEST_S3", "JOURNEYMART_TEST_AZURE"] {
        match std::env::var(variable) {
            Ok(root) => {
                let root = format!("{}/{}", root.trim_end_matches('/'), Uuid::now_v7());
                places.push((Storage::new(".").location(&root).unwrap(), None));
            }
            Err(_) => println!("skipped: {variable} names no place to write to"),
        }
    }
    places
}
