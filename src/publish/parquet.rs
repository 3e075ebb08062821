/*!
One Parquet file, its rows in order, its columns encoded side by side.

Equal rows in equal order give equal bytes: batches are cut anew to one size, so that how a query
delivered them leaves no trace, and nothing in the file depends on the run, the place, the clock or
the number of threads.
*/

use std::{collections::BTreeMap, sync::Arc, thread};

use datafusion::{
    arrow::{array::RecordBatch, compute::BatchCoalescer, datatypes::SchemaRef, error::ArrowError},
    parquet::{
        arrow::{
            ArrowWriter,
            arrow_writer::{
                ArrowColumnWriter, ArrowRowGroupWriterFactory, ArrowWriterOptions, compute_leaves,
            },
        },
        basic::{Compression, ZstdLevel},
        errors::ParquetError,
        file::{
            metadata::{KeyValue, SortingColumn},
            properties::{EnabledStatistics, WriterProperties},
            writer::SerializedFileWriter,
        },
    },
};
use parking_lot::Mutex;

use super::stage::MartSpec;
use crate::error::{Error, Result, codes};

const BATCH_ROWS: usize = 8_192;
const ROW_GROUP_ROWS: usize = 1_048_576;
/// Batches that are encoded in one go: enough to be worth a thread. A row group holds a whole number
/// of such waves.
pub(super) const WAVE: usize = 8;
/// Higher levels shrink marts by a few per cent and take several times as long.
pub(super) const ZSTD_LEVEL: i32 = 1;
/// Without the versions of libraries, which would change the bytes.
pub(super) const CREATED_BY: &str = "journeymart";

pub(super) struct Encoder {
    file: SerializedFileWriter<Vec<u8>>,
    groups: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
    batches: BatchCoalescer,
    /// Rows of one size that are not encoded yet.
    wave: Vec<RecordBatch>,
    /// The columns of the open row group, and its rows.
    columns: Vec<ArrowColumnWriter>,
    group_rows: usize,
    rows: u64,
    threads: usize,
}

impl Encoder {
    pub(super) fn new(spec: &MartSpec, schema: &SchemaRef, threads: usize) -> Result<Self> {
        let options = ArrowWriterOptions::new()
            .with_properties(properties(spec, schema)?)
            .with_skip_arrow_metadata(true);
        let (file, groups) =
            ArrowWriter::try_new_with_options(Vec::new(), Arc::clone(schema), options)
                .and_then(ArrowWriter::into_serialized_writer)
                .map_err(fault)?;
        Ok(Self {
            file,
            groups,
            schema: Arc::clone(schema),
            batches: BatchCoalescer::new(Arc::clone(schema), BATCH_ROWS),
            wave: Vec::new(),
            columns: Vec::new(),
            group_rows: 0,
            rows: 0,
            threads,
        })
    }

    /// Takes rows of the schema and returns the bytes that are final.
    pub(super) fn push(&mut self, batch: RecordBatch) -> Result<Vec<u8>> {
        self.rows += batch.num_rows() as u64;
        self.batches.push_batch(batch).map_err(fault)?;
        self.drain().map_err(fault)?;
        Ok(std::mem::take(self.file.inner_mut()))
    }

    /// Returns the last bytes and the number of rows.
    pub(super) fn finish(mut self) -> Result<(Vec<u8>, u64)> {
        self.batches.finish_buffered_batch().map_err(fault)?;
        self.drain()
            .and_then(|()| self.encode())
            .and_then(|()| self.close_group())
            .map_err(fault)?;
        self.file.finish().map_err(fault)?;
        Ok((std::mem::take(self.file.inner_mut()), self.rows))
    }

    fn drain(&mut self) -> Result<(), ParquetError> {
        while let Some(batch) = self.batches.next_completed_batch() {
            self.wave.push(batch);
            if self.wave.len() >= WAVE {
                self.encode()?;
            }
        }
        Ok(())
    }

    /// Encodes what waits, each column in the order of the rows by whichever thread is free.
    fn encode(&mut self) -> Result<(), ParquetError> {
        let wave = std::mem::take(&mut self.wave);
        if wave.is_empty() {
            return Ok(());
        }
        if self.columns.is_empty() {
            let number = self.file.flushed_row_groups().len();
            self.columns = self.groups.create_column_writers(number)?;
        }
        let columns = Mutex::new(self.columns.iter_mut().enumerate());
        let next = || columns.lock().next();
        let work = || -> Result<(), ParquetError> {
            while let Some((index, column)) = next() {
                for batch in &wave {
                    // Marts are flat: a column is one leaf.
                    for leaf in compute_leaves(self.schema.field(index), batch.column(index))? {
                        column.write(&leaf)?;
                    }
                }
            }
            Ok(())
        };
        let helpers = if wave.len() > 1 { self.threads.saturating_sub(1) } else { 0 };
        thread::scope(|scope| {
            let helpers: Vec<_> = (0..helpers).map(|_| scope.spawn(work)).collect();
            let own = work();
            helpers
                .into_iter()
                .map(|helper| {
                    helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .fold(own, Result::and)
        })?;
        self.group_rows += wave.iter().map(RecordBatch::num_rows).sum::<usize>();
        if self.group_rows >= ROW_GROUP_ROWS {
            self.close_group()?;
        }
        Ok(())
    }

    fn close_group(&mut self) -> Result<(), ParquetError> {
        self.group_rows = 0;
        if self.columns.is_empty() {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        for column in std::mem::take(&mut self.columns) {
            column.close()?.append_to_row_group(&mut group)?;
        }
        group.close().map(drop)
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
        .set_created_by(CREATED_BY.to_owned())
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
    entries.extend(spec.authority.clone().map(|text| ("journeymart.authority", text)));
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

#[cfg(test)]
mod tests {
    use datafusion::arrow::{
        array::{ArrayRef, Int64Array, StringArray},
        datatypes::{DataType, Field, Schema},
    };

    use super::*;

    fn rows(from: i64, to: i64) -> RecordBatch {
        let numbers: Int64Array = (from..to).map(|n| (n % 7 != 0).then_some(n)).collect();
        let texts: StringArray = (from..to).map(|n| Some(format!("text {}", n % 1_000))).collect();
        let columns: [ArrayRef; 2] = [Arc::new(numbers), Arc::new(texts)];
        let schema = Schema::new(vec![
            Field::new("n", DataType::Int64, true),
            Field::new("text", DataType::Utf8, true),
        ]);
        RecordBatch::try_new(Arc::new(schema), columns.to_vec()).unwrap()
    }

    fn encoded(total: i64, step: i64, threads: usize) -> Vec<u8> {
        let mut encoder =
            Encoder::new(&MartSpec::default(), &rows(0, 0).schema(), threads).unwrap();
        let mut bytes = Vec::new();
        for from in (0..total).step_by(step as usize) {
            bytes.extend(encoder.push(rows(from, (from + step).min(total))).unwrap());
        }
        let (rest, count) = encoder.finish().unwrap();
        assert_eq!(count, total as u64);
        bytes.extend(rest);
        bytes
    }

    /// The library's own writer, which knows one thread, is the other opinion.
    #[test]
    fn threads_and_batches_leave_no_trace() {
        for total in [0, 1, 300_000] {
            let schema = rows(0, 0).schema();
            let options = ArrowWriterOptions::new()
                .with_properties(properties(&MartSpec::default(), &schema).unwrap())
                .with_skip_arrow_metadata(true);
            let mut writer =
                ArrowWriter::try_new_with_options(Vec::new(), schema, options).unwrap();
            for from in (0..total).step_by(BATCH_ROWS) {
                writer.write(&rows(from, (from + BATCH_ROWS as i64).min(total))).unwrap();
            }
            let expected = writer.into_inner().unwrap();
            for (step, threads) in [(1_000, 1), (8_192, 2), (100_000, 8)] {
                assert!(encoded(total, step, threads) == expected, "{total} {step} {threads}");
            }
        }
    }

    #[test]
    fn row_groups_hold_as_many_rows_as_declared() {
        use datafusion::parquet::file::reader::{FileReader, SerializedFileReader};

        let total = ROW_GROUP_ROWS as i64 + 5;
        let bytes = bytes::Bytes::from(encoded(total, 50_000, 2));
        let reader = SerializedFileReader::new(bytes).unwrap();
        let counts: Vec<i64> =
            reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
        assert_eq!(counts, [ROW_GROUP_ROWS as i64, 5]);
    }
}
