/*!
Reads an intermediate table: batches in memory and blocks of files, spread over partitions.

DataFusion's own Arrow source reads every block of a byte range before it yields the first row, so
that a large table needs its whole file in memory. Here a partition holds one block at a time.
*/

use std::{fmt, fs::File, io::BufReader, ops::Range, sync::Arc, vec};

use datafusion::{
    arrow::{array::RecordBatch, datatypes::SchemaRef, ipc::reader::FileReader},
    common::{Statistics, stats::Precision, tree_node::TreeNodeRecursion},
    datasource::source::DataSource,
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::{
        EquivalenceProperties, Partitioning, PhysicalExpr, PhysicalSortExpr, expressions::Column,
        projection::ProjectionExprs,
    },
    physical_plan::{DisplayFormatType, stream::RecordBatchStreamAdapter},
};

use super::{
    ascent::Ascent,
    store::{StoredFile, StoredTable},
};

/// The columns of a stored table that a plan reads.
#[derive(Debug)]
pub(super) struct StoredScan {
    schema: SchemaRef,
    projection: Option<Vec<usize>>,
    partitions: Vec<Vec<Piece>>,
    /// The order that the rows are known to be in.
    order: Vec<PhysicalSortExpr>,
    statistics: Arc<Statistics>,
}

#[derive(Debug, Clone)]
enum Piece {
    Batch(RecordBatch),
    Blocks(Arc<StoredFile>, Range<usize>),
}

impl StoredScan {
    pub(super) fn new(
        table: &StoredTable,
        partitions: usize,
        projection: Option<&Vec<usize>>,
    ) -> Result<Self> {
        let whole = datafusion::catalog::TableProvider::schema(table);
        let schema = match projection {
            Some(columns) => Arc::new(whole.project(columns)?),
            None => Arc::clone(&whole),
        };
        let bytes = table.bytes() * schema.fields().len() / whole.fields().len().max(1);
        let statistics = Statistics::new_unknown(&schema)
            .with_num_rows(Precision::Exact(table.rows()))
            .with_total_byte_size(Precision::Inexact(bytes));
        Ok(Self {
            schema,
            projection: projection.cloned(),
            partitions: spread(table, partitions.max(1)),
            order: Vec::new(),
            statistics: Arc::new(statistics),
        })
    }

    /// The same rows in one partition, if all are in memory and held in this order.
    pub(super) fn in_order(&self, order: &[PhysicalSortExpr]) -> Result<Option<Self>> {
        let column = |key: &PhysicalSortExpr| {
            let column = key.expr.downcast_ref::<Column>()?.index();
            Some(self.projection.as_ref().map_or(column, |columns| columns[column]))
        };
        let Some(columns) = order.iter().map(column).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let Some(batches) = self.batches() else { return Ok(None) };
        let keys = order.iter().map(|key| Ok((key.expr.data_type(&self.schema)?, key.options)));
        let Ok(mut ascent) = Ascent::new(keys.collect::<Result<Vec<_>>>()?, true) else {
            return Ok(None);
        };
        for batch in &batches {
            if !ascent.follow(batch.project(&columns)?.columns())? {
                return Ok(None);
            }
        }
        Ok(Some(Self {
            schema: Arc::clone(&self.schema),
            projection: self.projection.clone(),
            partitions: vec![
                batches.into_iter().map(|batch| Piece::Batch(batch.clone())).collect(),
            ],
            order: order.to_vec(),
            statistics: Arc::clone(&self.statistics),
        }))
    }

    /// All batches as the table holds them, if they are in memory.
    fn batches(&self) -> Option<Vec<&RecordBatch>> {
        let parts: Vec<Vec<&RecordBatch>> = self
            .partitions
            .iter()
            .map(|pieces| {
                let batches = pieces.iter().map(|piece| match piece {
                    Piece::Batch(batch) => Some(batch),
                    Piece::Blocks(..) => None,
                });
                batches.collect()
            })
            .collect::<Option<_>>()?;
        let longest = parts.iter().map(Vec::len).max().unwrap_or(0);
        // The way back from `spread`.
        let in_turn = |at: usize| parts.iter().filter_map(move |part| part.get(at).copied());
        Some((0..longest).flat_map(in_turn).collect())
    }
}

/// Batches in turn, and of each file an equal share of its blocks.
fn spread(table: &StoredTable, count: usize) -> Vec<Vec<Piece>> {
    let mut partitions = vec![Vec::new(); count];
    for (index, batch) in table.memory.iter().flatten().enumerate() {
        partitions[index % count].push(Piece::Batch(batch.clone()));
    }
    for file in &table.files {
        for (index, pieces) in partitions.iter_mut().enumerate() {
            let blocks = file.blocks * index / count..file.blocks * (index + 1) / count;
            if !blocks.is_empty() {
                pieces.push(Piece::Blocks(Arc::clone(file), blocks));
            }
        }
    }
    partitions
}

impl DataSource for StoredScan {
    fn open(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let batches = Batches {
            pieces: self.partitions[partition].clone().into_iter(),
            projection: self.projection.clone(),
            open: None,
        };
        let stream = futures::stream::iter(batches);
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream)))
    }

    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stored table, partitions={}", self.partitions.len())
    }

    fn output_partitioning(&self) -> Partitioning {
        Partitioning::UnknownPartitioning(self.partitions.len())
    }

    fn eq_properties(&self) -> EquivalenceProperties {
        EquivalenceProperties::new_with_orderings(Arc::clone(&self.schema), [self.order.clone()])
    }

    fn partition_statistics(&self, partition: Option<usize>) -> Result<Arc<Statistics>> {
        Ok(match partition {
            None => Arc::clone(&self.statistics),
            Some(_) => Arc::new(Statistics::new_unknown(&self.schema)),
        })
    }

    fn with_fetch(&self, _: Option<usize>) -> Option<Arc<dyn DataSource>> {
        None
    }

    fn fetch(&self) -> Option<usize> {
        None
    }

    fn try_swapping_with_projection(
        &self,
        _: &ProjectionExprs,
    ) -> Result<Option<Arc<dyn DataSource>>> {
        Ok(None)
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }
}

/// The batches of a partition, read one by one.
struct Batches {
    pieces: vec::IntoIter<Piece>,
    projection: Option<Vec<usize>>,
    open: Option<OpenFile>,
}

struct OpenFile {
    reader: FileReader<BufReader<File>>,
    blocks: usize,
}

impl Batches {
    fn open(&self, file: &StoredFile, blocks: &Range<usize>) -> Result<OpenFile> {
        let path = file.path();
        let opened = File::open(path).map_err(|error| {
            DataFusionError::External(format!("cannot read {}: {error}", path.display()).into())
        })?;
        let mut reader = FileReader::try_new_buffered(opened, self.projection.clone())?;
        reader.set_index(blocks.start)?;
        Ok(OpenFile { reader, blocks: blocks.len() })
    }

    fn project(&self, batch: RecordBatch) -> Result<RecordBatch> {
        Ok(match &self.projection {
            Some(columns) => batch.project(columns)?,
            None => batch,
        })
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(open) = self.open.as_mut().filter(|open| open.blocks > 0) {
                open.blocks -= 1;
                return open.reader.next().map(|batch| batch.map_err(Into::into));
            }
            match self.pieces.next()? {
                Piece::Batch(batch) => return Some(self.project(batch)),
                Piece::Blocks(file, blocks) => match self.open(&file, &blocks) {
                    Ok(open) => self.open = Some(open),
                    Err(error) => return Some(Err(error)),
                },
            }
        }
    }
}
