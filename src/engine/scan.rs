/*!
Reads an intermediate table: batches in memory and blocks of files, spread over partitions.

DataFusion's own Arrow source reads every block of a byte range before it yields the first row, so
that a large table needs its whole file in memory. Here a partition holds one block at a time.
*/

use std::{fmt, fs::File, io::BufReader, ops::Range, sync::Arc, vec};

use datafusion::{
    arrow::{array::RecordBatch, datatypes::SchemaRef, ipc::reader::FileReader},
    common::{Statistics, exec_err, stats::Precision, tree_node::TreeNodeRecursion},
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

    /// The same rows in one partition, if they are held in this order.
    pub(super) fn in_order(&self, order: &[PhysicalSortExpr]) -> Result<Option<Self>> {
        let mut columns = Vec::new();
        let mut keys = Vec::new();
        for key in order {
            let Some(column) = key.expr.downcast_ref::<Column>() else { return Ok(None) };
            let projection = self.projection.as_ref();
            let column = projection.map_or(column.index(), |columns| columns[column.index()]);
            // Rows that agree in a column are in every order of it.
            if !columns.contains(&column) {
                columns.push(column);
                keys.push((key.expr.data_type(&self.schema)?, key.options));
            }
        }
        let Some(pieces) = self.unspread() else { return Ok(None) };
        let Ok(mut ascent) = Ascent::new(keys, true) else { return Ok(None) };
        for batch in Batches::new(pieces.clone(), Some(columns)) {
            if !ascent.follow(batch?.columns())? {
                return Ok(None);
            }
        }
        Ok(Some(Self {
            schema: Arc::clone(&self.schema),
            projection: self.projection.clone(),
            partitions: vec![pieces],
            order: order.to_vec(),
            statistics: Arc::clone(&self.statistics),
        }))
    }

    /// The way back from `spread`: the batches or the one file of a table. Where it has more than
    /// that, several threads wrote it, and there is no order between them.
    fn unspread(&self) -> Option<Vec<Piece>> {
        let pieces = || self.partitions.iter().flatten();
        if let Some(Piece::Blocks(file, _)) = pieces().next() {
            let is_of_it =
                |piece: &Piece| matches!(piece, Piece::Blocks(of, _) if Arc::ptr_eq(of, file));
            let whole = Piece::Blocks(Arc::clone(file), 0..file.blocks);
            return pieces().all(is_of_it).then(|| vec![whole]);
        }
        if !pieces().all(|piece| matches!(piece, Piece::Batch(_))) {
            return None;
        }
        let longest = self.partitions.iter().map(Vec::len).max().unwrap_or(0);
        let in_turn =
            |at: usize| self.partitions.iter().filter_map(move |part| part.get(at).cloned());
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
        let batches = Batches::new(self.partitions[partition].clone(), self.projection.clone());
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
    fn new(pieces: Vec<Piece>, projection: Option<Vec<usize>>) -> Self {
        Self { pieces: pieces.into_iter(), projection, open: None }
    }

    fn open(&self, file: &StoredFile, blocks: &Range<usize>) -> Result<OpenFile> {
        let path = file.path();
        let opened = file.open().map_err(|error| {
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
                let cut_off = || exec_err!("a file of rows ends before its last block");
                return Some(open.reader.next().map_or_else(cut_off, |batch| Ok(batch?)));
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
