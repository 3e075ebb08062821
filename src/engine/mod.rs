/*!
The DataFusion session: memory pool, spill, planning rules, and where intermediate tables live.

Knows nothing about pipelines. A run owns one [`Engine`]; `check` uses the same session to plan, so
that what it accepts is what runs.
*/

use std::{num::NonZeroUsize, path::PathBuf, sync::Arc};

use datafusion::{
    arrow::datatypes::SchemaRef,
    catalog::{MemorySchemaProvider, SchemaProvider, TableProvider},
    execution::{
        SendableRecordBatchStream, SessionState, SessionStateBuilder,
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::TrackConsumersPool,
        runtime_env::RuntimeEnvBuilder,
    },
    logical_expr::LogicalPlan,
    physical_plan::{ExecutionPlan, execute_stream, execute_stream_partitioned},
    prelude::{SessionConfig, SessionContext},
    sql::parser::Statement,
};
use parking_lot::Mutex;

use crate::{
    error::{Error, Result, codes},
    functions,
};

pub(crate) mod ascent;
pub mod errors;
mod joins;
pub mod memory;
mod node_rule;
mod one_stage;
mod parquet;
mod pool;
mod presorted;
pub mod rules;
mod scan;
mod scratch;
pub mod store;
pub mod types;

use node_rule::NodeRule;
use scratch::Scratch;
use store::Room;
pub use store::{StoredTable, TableSize, TableWriter};
pub use types::{arrow_schema, arrow_type};

/// The catalog that all tables live in; users never write it.
const CATALOG: &str = "journeymart";
/// The schema of bare table names, such as `source` in a mapping.
const DEFAULT_SCHEMA: &str = "main";

/// Loaded rows beyond this go to disk, all of their table.
const LOADED_BYTES: usize = 32 << 20;

/// How much of the machine a session may use.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Bytes that all operators and in-memory tables share.
    pub memory_limit: usize,
    pub threads: usize,
    /// Rows per batch. Results never depend on it.
    pub batch_size: usize,
    /// Folder for spill files and for intermediate tables that do not fit.
    pub spill_dir: PathBuf,
}

impl EngineOptions {
    const BATCH_SIZE: usize = 8_192;

    /// What this process may use: every core it has, 60 % of its memory.
    pub fn for_this_machine(spill_dir: PathBuf) -> Self {
        let options = Self {
            memory_limit: 0,
            threads: std::thread::available_parallelism().map_or(2, NonZeroUsize::get),
            batch_size: Self::BATCH_SIZE,
            spill_dir,
        };
        options.with_memory_limit(memory::default_limit())
    }

    /// Less memory means smaller batches: a merge of what was spilled holds one of every run, and
    /// events are a kilobyte wide.
    pub fn with_memory_limit(self, bytes: usize) -> Self {
        let batch_size = (bytes / (256 << 10)).clamp(1_024, Self::BATCH_SIZE);
        Self { memory_limit: bytes, batch_size, ..self }
    }
}

/// A session with its memory and its tables.
pub struct Engine {
    context: SessionContext,
    options: EngineOptions,
    scratch: Arc<Scratch>,
    /// Held while a schema is looked up and made: of two made at once one would lose its tables.
    new_schema: Mutex<()>,
}

impl Engine {
    /// Opens a session that plans and computes; creates the spill folder.
    pub fn new(options: EngineOptions) -> Result<Self> {
        let scratch = Scratch::new(options.spill_dir.clone());
        let folder = scratch.folder().map_err(|error| errors::convert(&error.into()))?;
        Self::open(options, scratch, DiskManagerMode::Directories(vec![folder]))
    }

    /// Opens a session that only plans: it touches no disk.
    pub fn planner(options: EngineOptions) -> Result<Self> {
        let scratch = Scratch::new(options.spill_dir.clone());
        Self::open(options, scratch, DiskManagerMode::Disabled)
    }

    fn open(options: EngineOptions, scratch: Scratch, disk: DiskManagerMode) -> Result<Self> {
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(TrackConsumersPool::new(
                pool::SharedPool::new(options.memory_limit),
                NonZeroUsize::new(5).expect("five is not zero"),
            )))
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(disk))
            // Intermediate files are written by this process: a remembered listing would be stale.
            .with_object_list_cache_limit(0)
            .build_arc()
            .map_err(|error| errors::convert(&error))?;
        let builder = SessionStateBuilder::new()
            .with_default_features()
            .with_config(session_config(&options))
            .with_runtime_env(runtime);
        let builder = joins::install(functions::install(builder, rules::extension_planners()));
        let builder = rules::install(builder)
            .with_physical_optimizer_rule(NodeRule::shared("one_stage", one_stage::in_one_stage))
            .with_physical_optimizer_rule(NodeRule::shared("presorted", presorted::as_held));
        let state = builder.build();
        let context = SessionContext::new_with_state(state);
        Ok(Self { context, options, scratch: Arc::new(scratch), new_schema: Mutex::new(()) })
    }

    pub fn options(&self) -> &EngineOptions {
        &self.options
    }

    pub fn context(&self) -> &SessionContext {
        &self.context
    }

    /// The state that plans statements; a snapshot of functions and settings, with live tables.
    pub fn state(&self) -> SessionState {
        self.context.state()
    }

    /// Makes a table visible as `schema.table`, in place of an earlier one of that name.
    pub fn register(
        &self,
        schema: &str,
        table: &str,
        provider: Arc<dyn TableProvider>,
    ) -> Result<()> {
        let schema = self.schema(schema)?;
        schema.deregister_table(table).map_err(|error| errors::convert(&error))?;
        schema
            .register_table(table.to_owned(), provider)
            .map_err(|error| errors::convert(&error))?;
        Ok(())
    }

    /// Forgets a table, and with the last reader its memory and files.
    pub fn deregister(&self, schema: &str, table: &str) -> Result<()> {
        self.schema(schema)?
            .deregister_table(table)
            .map(drop)
            .map_err(|error| errors::convert(&error))
    }

    fn schema(&self, name: &str) -> Result<Arc<dyn SchemaProvider>> {
        let catalog = self
            .context
            .catalog(CATALOG)
            .ok_or_else(|| Error::failed(codes::NODE_FAILED, "the session has no catalog"))?;
        let _alone = self.new_schema.lock();
        if let Some(schema) = catalog.schema(name) {
            return Ok(schema);
        }
        let schema: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
        catalog
            .register_schema(name, Arc::clone(&schema))
            .map_err(|error| errors::convert(&error))?;
        Ok(schema)
    }

    /// Plans a parsed statement against the registered tables.
    pub async fn plan(&self, statement: Statement) -> Result<LogicalPlan> {
        self.state().statement_to_plan(statement).await.map_err(|error| errors::convert(&error))
    }

    /// Optimizes a plan into operators, with joins that cannot outgrow the memory limit.
    pub async fn physical(&self, plan: &LogicalPlan) -> Result<Arc<dyn ExecutionPlan>> {
        joins::plan_within(&self.state(), plan, self.options.memory_limit / 4)
            .await
            .map_err(|error| errors::convert(&error))
    }

    /// One stream of all rows, in the plan's order if it has one.
    pub async fn stream(&self, plan: &LogicalPlan) -> Result<SendableRecordBatchStream> {
        let physical = self.physical(plan).await?;
        execute_stream(physical, self.context.task_ctx()).map_err(|error| errors::convert(&error))
    }

    /// Computes a plan into an intermediate table, partitions beside each other.
    pub async fn materialize(&self, name: &str, plan: &LogicalPlan) -> Result<StoredTable> {
        use futures::TryStreamExt;

        let physical = self.physical(plan).await?;
        let writer = self.writer(name, physical.schema());
        let streams = execute_stream_partitioned(physical, self.context.task_ctx())
            .map_err(|error| errors::convert(&error))?;
        let mut tasks = tokio::task::JoinSet::new();
        for mut stream in streams {
            let mut part = writer.part();
            tasks.spawn(async move {
                while let Some(batch) =
                    stream.try_next().await.map_err(|error| errors::convert(&error))?
                {
                    part.write(batch)?;
                }
                part.finish()
            });
        }
        while let Some(joined) = tasks.join_next().await {
            joined.map_err(|error| Error::failed(codes::NODE_FAILED, error.to_string()))??;
        }
        writer.finish()
    }

    /// A writer for an intermediate table.
    pub fn writer(&self, name: &str, schema: SchemaRef) -> TableWriter {
        self.writer_within(usize::MAX, name, schema)
    }

    /// A writer for what a source loads, which is mostly read once, and cached anyway: on disk it
    /// leaves the memory to those who work, and the cache links the file.
    pub fn loader(&self, name: &str, schema: SchemaRef) -> TableWriter {
        self.writer_within(LOADED_BYTES, name, schema)
    }

    fn writer_within(&self, budget: usize, name: &str, schema: SchemaRef) -> TableWriter {
        let pool = &self.context.runtime_env().memory_pool;
        let limit = self.options.memory_limit;
        // Operators keep room to work.
        let room = Room { own: budget.min(limit / 8), all: limit / 4 };
        TableWriter::new(name, schema, pool, room, Arc::clone(&self.scratch))
    }
}

fn session_config(options: &EngineOptions) -> SessionConfig {
    // One thread still gets two partitions, so that plans keep their shape.
    let mut config = SessionConfig::new()
        .with_target_partitions(options.threads.max(2))
        .with_batch_size(options.batch_size)
        .with_default_catalog_and_schema(CATALOG, DEFAULT_SCHEMA)
        .with_collect_statistics(true)
        .with_information_schema(false);
    let settings = config.options_mut();
    settings.sql_parser.collect_spans = true;
    // Intermediate tables have no use for filters that become known while they are read.
    settings.optimizer.enable_dynamic_filter_pushdown = false;
    settings.optimizer.enable_join_dynamic_filter_pushdown = false;
    settings.sql_parser.map_string_types_to_utf8view = false;
    settings.execution.parquet.schema_force_view_types = false;
    settings.execution.sort_spill_reservation_bytes =
        (options.memory_limit / 32).clamp(1 << 20, 32 << 20);
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An engine of two threads and small batches, and the folder that it spills to.
    pub(super) fn engine(memory_limit: usize) -> (Engine, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let options = EngineOptions {
            memory_limit,
            threads: 2,
            batch_size: 1_000,
            spill_dir: folder.path().to_owned(),
        };
        (Engine::new(options).unwrap(), folder)
    }

    async fn materialize(engine: &Engine, sql: &str) -> StoredTable {
        let plan = engine.state().create_logical_plan(sql).await.unwrap();
        engine.materialize("t", &plan).await.unwrap()
    }

    #[tokio::test]
    async fn rows_on_disk_outlive_their_session() {
        let (engine, folder) = engine(8 << 20);
        let table = materialize(&engine, "select * from generate_series(1, 1000000)").await;
        drop(engine);
        assert!(!table.files().is_empty() && table.files().iter().all(|file| file.exists()));
        drop(table);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    async fn total(engine: &Engine, table: StoredTable) -> String {
        engine.register("core", "t", Arc::new(table)).unwrap();
        let rows = engine
            .context()
            .sql("select count(*) as n, sum(value) as total, max(text) as text from core.t")
            .await
            .unwrap()
            .collect()
            .await
            .unwrap();
        datafusion::arrow::util::pretty::pretty_format_batches(&rows).unwrap().to_string()
    }

    const ROWS: &str = "select value, repeat('x', 50) || value as text
        from generate_series(1, 100000) as t(value)";

    #[tokio::test]
    async fn tables_in_memory_and_on_disk_hold_the_same_rows() {
        let (roomy, _folder) = engine(1 << 30);
        let in_memory = materialize(&roomy, ROWS).await;
        assert!(in_memory.files().is_empty());
        let (tight, _folder) = engine(8 << 20);
        let on_disk = materialize(&tight, ROWS).await;
        assert!(!on_disk.files().is_empty(), "8 MB cannot hold the rows");
        assert_eq!(in_memory.rows(), 100_000);
        assert_eq!(on_disk.rows(), 100_000);
        assert_eq!(total(&roomy, in_memory).await, total(&tight, on_disk).await);
    }

    #[tokio::test]
    async fn a_file_of_many_megabytes_is_read_once() {
        let (tight, _folder) = engine(8 << 20);
        let rows = "select value, cast((value * 2654435761) % 1000000007 as varchar) as text
            from generate_series(1, 1200000) as t(value)";
        let table = materialize(&tight, rows).await;
        let bytes: u64 =
            table.files().iter().map(|file| std::fs::metadata(file).unwrap().len()).sum();
        assert!(bytes > 11 << 20, "{bytes} bytes are not many megabytes");
        tight.register("core", "t", Arc::new(table)).unwrap();
        let found = tight.context().sql("select text, value from core.t").await.unwrap();
        assert_eq!(found.count().await.unwrap(), 1_200_000);
        let distinct = tight.context().sql("select max(text), count(text), sum(value) from core.t");
        let batches = distinct.await.unwrap().collect().await.unwrap();
        let shown =
            datafusion::arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string();
        assert!(shown.contains("| 1200000 ") && shown.contains("720000600000"), "{shown}");
    }

    #[tokio::test]
    async fn a_table_half_in_memory_and_half_on_disk_counts_each_row_once() {
        let (tight, _folder) = engine(8 << 20);
        let rows = tight.context().sql(ROWS).await.unwrap().collect().await.unwrap();
        let writer = tight.writer("t", rows[0].schema());
        let (mut small, mut large) = (writer.part(), writer.part());
        small.write(rows[0].clone()).unwrap();
        small.finish().unwrap();
        for batch in &rows[1..] {
            large.write(batch.clone()).unwrap();
        }
        large.finish().unwrap();
        let table = writer.finish().unwrap();
        assert!(table.files().len() == 1 && table.rows() == 100_000);
        tight.register("core", "t", Arc::new(table)).unwrap();
        let counted = tight.context().sql("select count(*) as n, count(value) as m from core.t");
        let counted = counted.await.unwrap().collect().await.unwrap();
        let shown = datafusion::arrow::util::pretty::pretty_format_batches(&counted).unwrap();
        assert!(shown.to_string().contains("| 100000 | 100000 |"), "{shown}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sorting_more_than_fits_yields_each_row_once() {
        let (tight, _folder) = engine(64 << 20);
        let rows =
            "select value, repeat(cast((value * 2654435761) % 1000000007 as varchar), 8) as text
            from generate_series(1, 800000) as t(value)";
        let table = materialize(&tight, rows).await;
        tight.register("core", "t", Arc::new(table)).unwrap();
        for sql in [
            "select text, value from core.t order by text, value",
            "select *, lag(value) over (partition by value % 1000 order by text, value) as b from core.t",
        ] {
            let plan = tight.state().create_logical_plan(sql).await.unwrap();
            let sorted = tight.materialize("sorted", &plan).await.unwrap();
            assert_eq!(sorted.rows(), 800_000, "{sql}");
        }
    }

    #[tokio::test]
    async fn a_join_of_a_large_side_with_a_small_one_keeps_its_rows() {
        let (tight, _folder) = engine(8 << 20);
        let small =
            materialize(&tight, "select value as n from generate_series(1, 100) as t(value)");
        tight.register("core", "small", Arc::new(small.await)).unwrap();
        let large = materialize(&tight, ROWS).await;
        tight.register("core", "large", Arc::new(large)).unwrap();
        for (join, rows) in [("left", 100_000), ("inner", 100)] {
            let sql = format!(
                "select large.value, small.n from core.large {join} join core.small on large.value = small.n"
            );
            assert_eq!(materialize(&tight, &sql).await.rows(), rows, "{join}");
        }
    }

    #[tokio::test]
    async fn dropping_a_table_gives_back_memory_and_files() {
        let (tight, folder) = engine(8 << 20);
        let table = materialize(&tight, ROWS).await;
        let files = table.files();
        assert!(files.iter().all(|file| file.exists()));
        drop(table);
        assert!(files.iter().all(|file| !file.exists()));
        assert_eq!(tight.context().runtime_env().memory_pool.reserved(), 0);
        drop(folder);
    }

    #[tokio::test]
    async fn a_kept_table_outlives_the_one_it_came_from() {
        let kept = tempfile::tempdir().unwrap();
        for memory_limit in [1 << 30, 8 << 20] {
            let (engine, _folder) = engine(memory_limit);
            let table = materialize(&engine, ROWS).await;
            let (schema, size) = (datafusion::catalog::TableProvider::schema(&table), table.size());
            let name = format!("t{memory_limit}");
            table.save(kept.path(), &name).unwrap();
            let expected = total(&engine, table).await;
            engine.deregister("core", "t").unwrap();
            let opened = StoredTable::open(kept.path(), &name, schema, size).unwrap();
            assert_eq!(total(&engine, opened).await, expected);
        }
    }

    #[tokio::test]
    async fn an_empty_result_keeps_its_columns() {
        let (engine, _folder) = engine(1 << 30);
        let table = materialize(&engine, &format!("{ROWS} where value < 0")).await;
        assert_eq!(table.rows(), 0);
        assert!(total(&engine, table).await.contains("| 0 "));
    }
}
