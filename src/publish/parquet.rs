/*!
One Parquet file, encoded in order by one writer.

Equal rows in equal order give equal bytes: batches are cut anew to one size, so that how a query
delivered them leaves no trace, and nothing in the file depends on the run, the place, the clock or
the number of threads.
*/

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    arrow::{array::RecordBatch, compute::BatchCoalescer, datatypes::SchemaRef, error::ArrowError},
    parquet::{
        arrow::{ArrowWriter, arrow_writer::ArrowWriterOptions},
        basic::{Compression, ZstdLevel},
        errors::ParquetError,
        file::{
            metadata::{KeyValue, SortingColumn},
            properties::{EnabledStatistics, WriterProperties},
        },
    },
};

use super::stage::MartSpec;
use crate::error::{Error, Result, codes};

const BATCH_ROWS: usize = 8_192;
const ROW_GROUP_ROWS: usize = 1_048_576;
/// Higher levels shrink marts by a few per cent and take several times as long.
const ZSTD_LEVEL: i32 = 1;

pub(super) struct Encoder {
    writer: ArrowWriter<Vec<u8>>,
    batches: BatchCoalescer,
    rows: u64,
}

impl Encoder {
    pub(super) fn new(spec: &MartSpec, schema: &SchemaRef) -> Result<Self> {
        let options = ArrowWriterOptions::new()
            .with_properties(properties(spec, schema)?)
            .with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(Vec::new(), Arc::clone(schema), options)
            .map_err(fault)?;
        let batches = BatchCoalescer::new(Arc::clone(schema), BATCH_ROWS);
        Ok(Self { writer, batches, rows: 0 })
    }

    /// Takes rows of the schema and returns the bytes that are final.
    pub(super) fn push(&mut self, batch: RecordBatch) -> Result<Vec<u8>> {
        self.rows += batch.num_rows() as u64;
        self.batches.push_batch(batch).map_err(fault)?;
        self.drain()
    }

    /// Returns the last bytes and the number of rows.
    pub(super) fn finish(mut self) -> Result<(Vec<u8>, u64)> {
        self.batches.finish_buffered_batch().map_err(fault)?;
        let mut bytes = self.drain()?;
        self.writer.finish().map_err(fault)?;
        bytes.append(self.writer.inner_mut());
        Ok((bytes, self.rows))
    }

    fn drain(&mut self) -> Result<Vec<u8>> {
        while let Some(batch) = self.batches.next_completed_batch() {
            self.writer.write(&batch).map_err(fault)?;
        }
        Ok(std::mem::take(self.writer.inner_mut()))
    }
}

fn properties(spec: &MartSpec, schema: &SchemaRef) -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(ZSTD_LEVEL).map_err(fault)?;
    let sorting = spec.sorted_by.iter().map(|name| {
        let index = schema.index_of(name).map_err(fault)?;
        // `order by` as the engine runs it: ascending, nulls last.
        Ok(SortingColumn { column_idx: index as i32, descending: false, nulls_first: false })
    });
    let sorting: Vec<SortingColumn> = sorting.collect::<Result<_>>()?;
    Ok(WriterProperties::builder()
        .set_created_by("journeymart".into())
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_sorting_columns((!sorting.is_empty()).then_some(sorting))
        .set_key_value_metadata(Some(metadata(spec)))
        .build())
}

/// What the mart means, for whoever opens the file alone. Sorted, like the keys inside.
fn metadata(spec: &MartSpec) -> Vec<KeyValue> {
    let mut entries = BTreeMap::from([("journeymart.mart", spec.name.clone())]);
    entries.extend(spec.description.clone().map(|text| ("journeymart.description", text)));
    entries.extend(spec.definition.clone().map(|text| ("journeymart.definition", text)));
    if !spec.grain.is_empty() {
        entries.insert("journeymart.grain", json(&spec.grain));
    }
    if !spec.columns.is_empty() {
        entries.insert("journeymart.columns", json(&spec.columns));
    }
    entries.into_iter().map(|(key, value)| KeyValue::new(key.to_owned(), value)).collect()
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("names and descriptions are text")
}

/// Either library's error.
struct Fault(String);

impl From<ArrowError> for Fault {
    fn from(error: ArrowError) -> Self {
        Self(error.to_string())
    }
}

impl From<ParquetError> for Fault {
    fn from(error: ParquetError) -> Self {
        Self(error.to_string())
    }
}

fn fault(error: impl Into<Fault>) -> Error {
    Error::failed(codes::NODE_FAILED, format!("cannot encode: {}", error.into().0))
}
