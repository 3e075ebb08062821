/*!
Intermediate tables: in memory while they fit, else lz4-compressed Arrow files in the spill folder
(`scan` reads them).

Both live as long as the last reader. A table is written in parts, one per thread; the order of
rows between parts carries no meaning.
*/

use std::{
    fs::{self, File},
    io::{self, BufWriter},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

use datafusion::{
    arrow::{
        array::RecordBatch,
        datatypes::SchemaRef,
        error::ArrowError,
        ipc::{
            CompressionType,
            reader::FileReader,
            writer::{FileWriter, IpcWriteOptions},
        },
    },
    catalog::{Session, TableProvider},
    common::{Statistics, stats::Precision},
    datasource::{TableType, source::DataSourceExec},
    error::Result as DataFusionResult,
    execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation, UnboundedMemoryPool},
    logical_expr::Expr,
    physical_plan::ExecutionPlan,
};
use parking_lot::Mutex;
use tempfile::{NamedTempFile, TempPath};

use super::{errors, scan::StoredScan, scratch::Scratch};
use crate::error::{Error, Result, codes};

/// Collects the parts of one table.
#[derive(Debug, Clone)]
pub struct TableWriter {
    shared: Arc<Shared>,
}

/// Bytes that may stay in memory before rows go to disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Of the table.
    pub(super) own: usize,
    /// Of everything in the pool.
    pub(super) all: usize,
}

#[derive(Debug)]
struct Shared {
    name: String,
    schema: SchemaRef,
    reservation: Mutex<MemoryReservation>,
    room: Room,
    pool: Arc<dyn MemoryPool>,
    scratch: Arc<Scratch>,
    done: Mutex<Vec<Part>>,
    bytes: AtomicUsize,
}

#[derive(Debug)]
enum Part {
    Memory(Vec<RecordBatch>),
    File { file: StoredFile, rows: usize },
}

impl TableWriter {
    pub(super) fn new(
        name: &str,
        schema: SchemaRef,
        pool: &Arc<dyn MemoryPool>,
        room: Room,
        scratch: Arc<Scratch>,
    ) -> Self {
        let reservation = MemoryConsumer::new(format!("table {name}")).register(pool);
        Self {
            shared: Arc::new(Shared {
                name: name.to_owned(),
                schema,
                reservation: Mutex::new(reservation),
                room,
                pool: Arc::clone(pool),
                scratch,
                done: Mutex::default(),
                bytes: AtomicUsize::new(0),
            }),
        }
    }

    /// A part for one thread to fill.
    pub fn part(&self) -> PartWriter {
        let shared = Arc::clone(&self.shared);
        PartWriter { shared, batches: Vec::new(), rows: 0, file: None, blocks: 0 }
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
                Part::File { file, rows: count } => {
                    rows += count;
                    files.push(Arc::new(file));
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
    /// Batches written to the file.
    blocks: usize,
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
        self.blocks += 1;
        writer.write(batch).map_err(|error| errors::convert(&error.into()))
    }

    pub fn finish(mut self) -> Result<()> {
        let part = match self.file.take() {
            Some((mut writer, path)) => {
                writer.finish().map_err(|error| errors::convert(&error.into()))?;
                let place = Place::Temporary(path, Arc::clone(&self.shared.scratch));
                let file = StoredFile { place, blocks: self.blocks };
                Part::File { file, rows: self.rows }
            }
            None => Part::Memory(std::mem::take(&mut self.batches)),
        };
        self.shared.done.lock().push(part);
        Ok(())
    }
}

impl Shared {
    /// Whether `bytes` more may stay in memory.
    fn reserve(&self, bytes: usize) -> bool {
        let reservation = self.reservation.lock();
        reservation.size() + bytes <= self.room.own
            && self.pool.reserved() + bytes <= self.room.all
            && reservation.try_grow(bytes).is_ok()
    }

    fn create_file(&self) -> Result<(FileWriter<BufWriter<File>>, TempPath)> {
        let failed = |error: std::io::Error| {
            Error::failed(
                codes::WORK_FOLDER,
                format!(
                    "cannot write table {} to {}: {error}",
                    self.name,
                    self.scratch.within.display()
                ),
            )
            .hint(errors::ELSEWHERE)
        };
        let folder = self.scratch.folder().map_err(failed)?;
        let file = NamedTempFile::with_suffix_in(".arrow", folder).map_err(failed)?;
        let (file, path) = file.into_parts();
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
    /// How many files hold it where it is kept.
    pub files: usize,
}

/// A file of batches.
#[derive(Debug)]
pub(super) struct StoredFile {
    place: Place,
    pub(super) blocks: usize,
}

/// A file that goes with its table, or one that a cache keeps.
#[derive(Debug)]
enum Place {
    Temporary(TempPath, #[expect(dead_code, reason = "keeps the folder of the file")] Arc<Scratch>),
    Kept(PathBuf, Written),
}

/// What tells a file from another one that takes its place.
type Written = (u64, SystemTime);

fn written(file: &File) -> io::Result<Written> {
    let of = file.metadata()?;
    Ok((of.len(), of.modified()?))
}

impl StoredFile {
    fn kept(path: PathBuf) -> Result<Self> {
        let found = || {
            let file = File::open(&path)?;
            let written = written(&file)?;
            Ok((FileReader::try_new(file, None)?.num_batches(), written))
        };
        let (blocks, written) = found().map_err(|error: ArrowError| {
            let message = format!("cannot read {}: {error}", path.display());
            Error::failed(codes::WORK_FOLDER, message).hint("`journeymart clean` empties the cache")
        })?;
        Ok(Self { place: Place::Kept(path, written), blocks })
    }

    /// Opens the file that was found. A result of the cache may be evicted and made again meanwhile,
    /// with its rows in other places.
    pub(super) fn open(&self) -> io::Result<File> {
        let file = File::open(self.path())?;
        match &self.place {
            Place::Kept(_, before) if written(&file)? != *before => {
                Err(io::Error::other("it was made again while it was read; run again"))
            }
            _ => Ok(file),
        }
    }

    pub(super) fn path(&self) -> &Path {
        match &self.place {
            Place::Temporary(path, _) => path,
            Place::Kept(path, _) => path,
        }
    }
}

/// A finished intermediate table.
#[derive(Debug)]
pub struct StoredTable {
    schema: SchemaRef,
    rows: usize,
    bytes: usize,
    pub(super) memory: Vec<Vec<RecordBatch>>,
    pub(super) files: Vec<Arc<StoredFile>>,
    /// Gives the memory back when the table is dropped.
    _reservation: MemoryReservation,
}

impl StoredTable {
    pub fn rows(&self) -> usize {
        self.rows
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
        if self.saves_memory() {
            let file = File::create(folder.join(format!("{name}-m.arrow"))).map_err(failed)?;
            let mut writer = ipc_writer(file, &self.schema)?;
            for batch in self.memory.iter().flatten() {
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

    /// Whether a kept copy has a file of what is in memory: an empty table has one too.
    fn saves_memory(&self) -> bool {
        self.memory.iter().any(|batches| !batches.is_empty()) || self.files.is_empty()
    }

    /// Opens what [`Self::save`] kept; fails if it is no longer whole.
    pub fn open(folder: &Path, name: &str, schema: SchemaRef, size: TableSize) -> Result<Self> {
        let prefix = format!("{name}-");
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let file_name = entry.file_name().to_string_lossy().into_owned();
            if file_name.starts_with(&prefix) && file_name.ends_with(".arrow") {
                files.push(Arc::new(StoredFile::kept(entry.path())?));
            }
        }
        if files.len() != size.files {
            let message = format!("table {name} in {} is not whole", folder.display());
            return Err(Error::failed(codes::WORK_FOLDER, message));
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
        let files = self.files.len() + usize::from(self.saves_memory());
        TableSize { rows: self.rows, bytes: self.bytes, files }
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
        let rows = Statistics::new_unknown(&self.schema).with_num_rows(Precision::Exact(self.rows));
        Some(rows.with_total_byte_size(Precision::Inexact(self.bytes)))
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let scan = StoredScan::new(self, state.config().target_partitions(), projection)?;
        Ok(DataSourceExec::from_data_source(scan))
    }
}
