/*!
Intermediate tables: in memory while they fit, else lz4-compressed Arrow files in the spill folder.

Both live as long as the last reader. A table is written in parts, one per thread; the order of
rows between parts carries no meaning.
*/

use std::{
    fs::{self, File},
    io::BufWriter,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use datafusion::{
    arrow::{
        array::RecordBatch,
        datatypes::SchemaRef,
        ipc::{
            CompressionType,
            reader::FileReader,
            writer::{FileWriter, IpcWriteOptions},
        },
    },
    catalog::{Session, TableProvider},
    common::{Statistics, stats::Precision},
    datasource::{
        TableType,
        listing::PartitionedFile,
        memory::MemorySourceConfig,
        object_store::ObjectStoreUrl,
        physical_plan::{ArrowSource, FileGroup, FileScanConfigBuilder},
        source::DataSourceExec,
    },
    error::Result as DataFusionResult,
    execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation, UnboundedMemoryPool},
    logical_expr::Expr,
    physical_plan::ExecutionPlan,
};
use parking_lot::Mutex;
use tempfile::{NamedTempFile, TempPath};

use super::errors;
use crate::error::{Error, Result, codes};

/// Collects the parts of one table.
#[derive(Debug, Clone)]
pub struct TableWriter {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    name: String,
    schema: SchemaRef,
    reservation: Mutex<MemoryReservation>,
    /// Bytes that tables may keep in memory before their rows go to disk.
    budget: usize,
    pool: Arc<dyn MemoryPool>,
    spill_dir: PathBuf,
    done: Mutex<Vec<Part>>,
    bytes: AtomicUsize,
}

#[derive(Debug)]
enum Part {
    Memory(Vec<RecordBatch>),
    File { path: TempPath, rows: usize },
}

impl TableWriter {
    pub(super) fn new(
        name: &str,
        schema: SchemaRef,
        pool: &Arc<dyn MemoryPool>,
        budget: usize,
        spill_dir: PathBuf,
    ) -> Self {
        let reservation = MemoryConsumer::new(format!("table {name}")).register(pool);
        Self {
            shared: Arc::new(Shared {
                name: name.to_owned(),
                schema,
                reservation: Mutex::new(reservation),
                budget,
                pool: Arc::clone(pool),
                spill_dir,
                done: Mutex::default(),
                bytes: AtomicUsize::new(0),
            }),
        }
    }

    /// A part for one thread to fill.
    pub fn part(&self) -> PartWriter {
        PartWriter { shared: Arc::clone(&self.shared), batches: Vec::new(), rows: 0, file: None }
    }

    /// The table, once every part is finished.
    pub fn finish(self) -> Result<StoredTable> {
        let parts = std::mem::take(&mut *self.shared.done.lock());
        let mut memory = Vec::new();
        let mut files = Vec::new();
        let mut rows = 0;
        for part in parts {
            match part {
                Part::Memory(batches) => {
                    rows += batches.iter().map(RecordBatch::num_rows).sum::<usize>();
                    memory.push(batches);
                }
                Part::File { path, rows: count } => {
                    rows += count;
                    files.push(StoredFile::Temporary(path));
                }
            }
        }
        Ok(StoredTable {
            schema: Arc::clone(&self.shared.schema),
            rows,
            bytes: self.shared.bytes.load(Ordering::Relaxed),
            memory,
            files,
            _reservation: self.shared.reservation.lock().take(),
        })
    }
}

/// Writes one part of a table.
pub struct PartWriter {
    shared: Arc<Shared>,
    batches: Vec<RecordBatch>,
    rows: usize,
    file: Option<(FileWriter<BufWriter<File>>, TempPath)>,
}

impl PartWriter {
    pub fn write(&mut self, batch: RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.rows += batch.num_rows();
        let bytes = batch.get_array_memory_size();
        self.shared.bytes.fetch_add(bytes, Ordering::Relaxed);
        if self.file.is_none() {
            if self.shared.reserve(bytes) {
                self.batches.push(batch);
                return Ok(());
            }
            self.spill()?;
        }
        self.append(&batch)
    }

    /// Moves what is in memory to a file.
    fn spill(&mut self) -> Result<()> {
        self.file = Some(self.shared.create_file()?);
        let mut freed = 0;
        for batch in std::mem::take(&mut self.batches) {
            freed += batch.get_array_memory_size();
            self.append(&batch)?;
        }
        self.shared.reservation.lock().shrink(freed);
        Ok(())
    }

    fn append(&mut self, batch: &RecordBatch) -> Result<()> {
        let Some((writer, _)) = &mut self.file else { return Ok(()) };
        writer.write(batch).map_err(|error| errors::convert(&error.into()))
    }

    pub fn finish(mut self) -> Result<()> {
        let part = match self.file.take() {
            Some((mut writer, path)) => {
                writer.finish().map_err(|error| errors::convert(&error.into()))?;
                Part::File { path, rows: self.rows }
            }
            None => Part::Memory(std::mem::take(&mut self.batches)),
        };
        self.shared.done.lock().push(part);
        Ok(())
    }
}

impl Shared {
    /// Whether `bytes` more may stay in memory: a table within its budget, and with everything else
    /// in the pool no more than twice that, so that operators keep room to work.
    fn reserve(&self, bytes: usize) -> bool {
        let reservation = self.reservation.lock();
        reservation.size() + bytes <= self.budget
            && self.pool.reserved() + bytes <= self.budget * 2
            && reservation.try_grow(bytes).is_ok()
    }

    fn create_file(&self) -> Result<(FileWriter<BufWriter<File>>, TempPath)> {
        let failed = |error: std::io::Error| {
            Error::failed(
                codes::WORK_FOLDER,
                format!(
                    "cannot write table {} to {}: {error}",
                    self.name,
                    self.spill_dir.display()
                ),
            )
        };
        fs::create_dir_all(&self.spill_dir).map_err(failed)?;
        let (file, path) =
            NamedTempFile::with_suffix_in(".arrow", &self.spill_dir).map_err(failed)?.into_parts();
        Ok((ipc_writer(file, &self.schema)?, path))
    }
}

fn ipc_writer(file: File, schema: &SchemaRef) -> Result<FileWriter<BufWriter<File>>> {
    IpcWriteOptions::default()
        .try_with_compression(Some(CompressionType::LZ4_FRAME))
        .and_then(|options| FileWriter::try_new_with_options(BufWriter::new(file), schema, options))
        .map_err(|error| errors::convert(&error.into()))
}

/// How large a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TableSize {
    pub rows: usize,
    /// In Arrow form.
    pub bytes: usize,
}

/// A file that goes with its table, or one that a cache keeps.
#[derive(Debug)]
enum StoredFile {
    Temporary(TempPath),
    Kept(PathBuf),
}

impl StoredFile {
    fn path(&self) -> &Path {
        match self {
            Self::Temporary(path) => path,
            Self::Kept(path) => path,
        }
    }
}

/// A finished intermediate table.
#[derive(Debug)]
pub struct StoredTable {
    schema: SchemaRef,
    rows: usize,
    bytes: usize,
    memory: Vec<Vec<RecordBatch>>,
    files: Vec<StoredFile>,
    /// Gives the memory back when the table is dropped.
    _reservation: MemoryReservation,
}

impl StoredTable {
    pub fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn memory_rows(&self) -> usize {
        self.memory.iter().flatten().map(RecordBatch::num_rows).sum()
    }

    /// Bytes in Arrow form, in memory or on disk before compression.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn files(&self) -> Vec<PathBuf> {
        self.files.iter().map(|file| file.path().to_owned()).collect()
    }

    /// Keeps a copy in `folder`, as files named `<name>-<n>.arrow`.
    pub fn save(&self, folder: &Path, name: &str) -> Result<()> {
        let failed = |error: std::io::Error| {
            Error::failed(
                codes::WORK_FOLDER,
                format!("cannot keep table {name} in {}: {error}", folder.display()),
            )
        };
        let in_memory: Vec<_> = self.memory.iter().flatten().collect();
        if !in_memory.is_empty() || self.files.is_empty() {
            let file = File::create(folder.join(format!("{name}-m.arrow"))).map_err(failed)?;
            let mut writer = ipc_writer(file, &self.schema)?;
            for batch in in_memory {
                writer.write(batch).map_err(|error| errors::convert(&error.into()))?;
            }
            writer.finish().map_err(|error| errors::convert(&error.into()))?;
        }
        for (index, file) in self.files.iter().enumerate() {
            let kept = folder.join(format!("{name}-{index}.arrow"));
            // Across file systems a link is not possible.
            fs::hard_link(file.path(), &kept)
                .or_else(|_| fs::copy(file.path(), &kept).map(drop))
                .map_err(failed)?;
        }
        Ok(())
    }

    /// Opens what [`Self::save`] kept.
    pub fn open(folder: &Path, name: &str, schema: SchemaRef, size: TableSize) -> Result<Self> {
        let prefix = format!("{name}-");
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let file_name = entry.file_name().to_string_lossy().into_owned();
            if file_name.starts_with(&prefix) && file_name.ends_with(".arrow") {
                files.push(StoredFile::Kept(entry.path()));
            }
        }
        let unpooled: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
        Ok(Self {
            schema,
            rows: size.rows,
            bytes: size.bytes,
            memory: Vec::new(),
            files,
            _reservation: MemoryConsumer::new(prefix).register(&unpooled),
        })
    }

    /// The columns of what [`Self::save`] kept.
    pub fn kept_schema(folder: &Path, name: &str) -> Option<SchemaRef> {
        let file = ["m", "0"]
            .iter()
            .find_map(|part| File::open(folder.join(format!("{name}-{part}.arrow"))).ok())?;
        FileReader::try_new(file, None).ok().map(|reader| reader.schema())
    }

    pub fn size(&self) -> TableSize {
        TableSize { rows: self.rows, bytes: self.bytes }
    }

    fn memory_plan(
        &self,
        partitions: usize,
        projection: Option<&Vec<usize>>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let mut spread: Vec<Vec<RecordBatch>> = vec![Vec::new(); partitions.max(1)];
        for (index, batch) in self.memory.iter().flatten().enumerate() {
            spread[index % partitions.max(1)].push(batch.clone());
        }
        let plan = MemorySourceConfig::try_new_exec(
            &spread,
            Arc::clone(&self.schema),
            projection.cloned(),
        )?;
        Ok(plan)
    }

    fn file_plan(
        &self,
        partitions: usize,
        projection: Option<&Vec<usize>>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let mut groups = vec![FileGroup::new(Vec::new()); partitions.min(self.files.len())];
        for (index, file) in self.files.iter().enumerate() {
            let path = std::path::absolute(file.path())?;
            let size = fs::metadata(&path)?.len();
            let path = object_store::path::Path::from_absolute_path(path)
                .map_err(|error| datafusion::error::DataFusionError::External(error.into()))?;
            let groups_count = groups.len();
            groups[index % groups_count].push(PartitionedFile::new(path.as_ref(), size));
        }
        let source = Arc::new(ArrowSource::new_file_source(Arc::clone(&self.schema)));
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), source)
            .with_file_groups(groups)
            .with_statistics(self.file_statistics())
            .with_projection_indices(projection.cloned())?
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    fn table_statistics(&self) -> Statistics {
        self.statistics_of(self.rows)
    }

    /// Of the rows in files alone: those in memory are counted by their own scan, and `count(*)` is
    /// answered by adding the two up.
    fn file_statistics(&self) -> Statistics {
        self.statistics_of(self.rows - self.memory_rows())
    }

    fn statistics_of(&self, rows: usize) -> Statistics {
        let bytes = self.bytes / self.rows.max(1) * rows;
        Statistics::new_unknown(&self.schema)
            .with_num_rows(Precision::Exact(rows))
            .with_total_byte_size(Precision::Inexact(bytes))
    }
}

#[async_trait::async_trait]
impl TableProvider for StoredTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn statistics(&self) -> Option<Statistics> {
        Some(self.table_statistics())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let partitions = state.config().target_partitions();
        let in_memory = self.memory.iter().any(|batches| !batches.is_empty());
        match (in_memory, self.files.is_empty()) {
            (_, true) => self.memory_plan(partitions, projection),
            (false, false) => self.file_plan(partitions, projection),
            (true, false) => Ok(datafusion::physical_plan::union::UnionExec::try_new(vec![
                self.memory_plan(partitions, projection)?,
                self.file_plan(partitions, projection)?,
            ])?),
        }
    }
}
