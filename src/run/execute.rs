/*!
Carries out the steps of a plan: loads, computes, stages. What is visible to readers does not
change here.
*/

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use datafusion::{
    catalog::TableProvider,
    datasource::{MemTable, ViewTable, provider_as_source},
    logical_expr::{LogicalPlan, LogicalPlanBuilder},
};
use parking_lot::Mutex;
use tokio::{sync::watch, task::JoinSet};

use super::{
    artifacts::{Artifacts, NodeStatus, SourceResult, WrittenMart},
    cache::Cache,
    load::{self, Aside, Loaded},
    mart::{self, Audit, Staged},
    observer::Observer,
    project::Project,
    schedule::{self, Ended, Work},
};
use crate::{
    catalog::{Kind, TableName},
    engine::{Engine, StoredTable, errors},
    error::{self, Error, Location, Result, Severity, codes},
    fingerprint::Fingerprint,
    plan::{Action, Plan, Step},
    publish::Publisher,
    sources::{self, InputFile},
};

/// A node that reads more rows than this gets the machine for itself.
const HEAVY_ROWS: usize = 1_000_000;
/// The same for files to parse.
const HEAVY_BYTES: u64 = 64 << 20;

/// Everything the steps of one run share.
pub(crate) struct Execution {
    pub(crate) project: Arc<Project>,
    pub(crate) engine: Engine,
    pub(crate) plan: Plan,
    pub(crate) files: BTreeMap<String, Vec<InputFile>>,
    pub(crate) cache: Cache,
    /// Where marts are staged; none for a command that only computes.
    pub(crate) publisher: Option<Publisher>,
    pub(crate) artifacts: Option<Arc<Artifacts>>,
    pub(crate) observer: Arc<dyn Observer>,
    state: Mutex<State>,
    /// What is being written for the next run, while this one goes on.
    keeping: Mutex<JoinSet<Result<()>>>,
}

#[derive(Default)]
struct State {
    /// Rows of each finished step, and of what an inlined one reads.
    rows: BTreeMap<usize, usize>,
    /// Steps that still have to read a step's table.
    readers: BTreeMap<usize, usize>,
    /// Of each source that this run has the rows of.
    aside: BTreeMap<String, Aside>,
    staged: BTreeMap<TableName, Staged>,
    /// How the checks of tables in between came out.
    audits: BTreeMap<TableName, Audit>,
    seconds: BTreeMap<usize, f64>,
    bytes: BTreeMap<usize, usize>,
}

impl Execution {
    #[expect(clippy::too_many_arguments, reason = "one call site; each is a part of the run")]
    pub(crate) fn new(
        project: Arc<Project>,
        engine: Engine,
        plan: Plan,
        files: BTreeMap<String, Vec<InputFile>>,
        publisher: Option<Publisher>,
        artifacts: Option<Arc<Artifacts>>,
        observer: Arc<dyn Observer>,
        kept: &BTreeSet<TableName>,
    ) -> Self {
        let mut state = State::default();
        for step in &plan.steps {
            for input in &step.inputs {
                *state.readers.entry(*input).or_default() += 1;
            }
        }
        // Whoever asked for a table reads it in the end.
        for (position, step) in plan.steps.iter().enumerate() {
            if kept.contains(&step.name) {
                *state.readers.entry(position).or_default() += 1;
            }
        }
        let cache = project.cache();
        Self {
            project,
            engine,
            plan,
            files,
            cache,
            publisher,
            artifacts,
            observer,
            state: Mutex::new(state),
            keeping: Mutex::default(),
        }
    }

    /// Carries out all steps, until what the next run is to find is written too. Where that cannot
    /// be, this run is none the worse.
    pub(crate) async fn run(
        self: &Arc<Self>,
        fail_fast: bool,
        stop: watch::Receiver<Option<error::Kind>>,
    ) -> Result<Vec<Ended>> {
        let threads = self.project.engine_options.threads;
        let work = Arc::clone(self);
        let ended = schedule::run(work, &self.inputs(), threads, fail_fast, stop).await?;
        let mut keeping = std::mem::take(&mut *self.keeping.lock());
        while let Some(kept) = keeping.join_next().await {
            let kept = kept
                .map_err(|panic| Error::failed(codes::WORK_FOLDER, format!("not kept: {panic}")));
            for mut fault in kept.flatten().err().into_iter().flat_map(|error| error.diagnostics) {
                fault.severity = Severity::Warning;
                let fault = fault.hint("nothing is lost: the next run loads or computes it again");
                self.observer.warned(&fault);
            }
        }
        Ok(ended)
    }

    /// The waits-for sets that the schedule runs by.
    fn inputs(&self) -> Vec<BTreeSet<usize>> {
        self.plan.steps.iter().map(|step| step.inputs.clone()).collect()
    }

    pub(crate) fn books(&self) -> Vec<SourceResult> {
        self.state.lock().aside.values().map(|aside| aside.books.clone()).collect()
    }

    /// How the checks of tables in between came out, taken out.
    pub(crate) fn take_audits(&self) -> BTreeMap<TableName, Audit> {
        std::mem::take(&mut self.state.lock().audits)
    }

    /// The marts that were staged, taken out.
    pub(crate) fn take_staged(&self) -> BTreeMap<TableName, Staged> {
        std::mem::take(&mut self.state.lock().staged)
    }

    async fn perform(&self, position: usize, step: &Step) -> Result<()> {
        let node = &self.project.catalog.tables[&step.name];
        match step.action {
            Action::Keep => Ok(()),
            Action::Reuse => self.reuse(position, step).await,
            Action::Load => self.load(position, step).await,
            Action::Provide => self.provide(position, step).await,
            Action::Inline => {
                let plan = self.sql_plan(step).await?;
                let rows = self.rows_read(&step.inputs);
                self.register(position, &step.name, Arc::new(ViewTable::new(plan, None)), rows)
            }
            Action::Compute => {
                let started = Instant::now();
                let plan = self.sql_plan(step).await?;
                let table = Arc::new(self.compute(step, &plan).await?);
                let cost = started.elapsed();
                self.store(position, &step.name, Arc::clone(&table))?;
                let catalog = &self.project.catalog;
                let audit = mart::check_between(&self.engine, catalog, node).await?;
                let is_sound = audit.is_sound();
                self.state.lock().audits.insert(step.name.clone(), audit);
                // What was found wrong once must not be taken for right by the next run.
                if is_sound {
                    self.keep_if_costly(step, table, cost);
                }
                Ok(())
            }
            Action::Publish => {
                let Some(publisher) = &self.publisher else {
                    return Err(Error::failed(codes::NODE_FAILED, "no place to publish to"));
                };
                let mut plan = self.sql_plan(step).await?;
                if self.state.lock().readers.contains_key(&position) {
                    let table = self.compute(step, &plan).await?;
                    let table = Arc::new(table);
                    let provider: Arc<dyn TableProvider> = Arc::clone(&table) as _;
                    plan = scan(&step.name.to_string(), provider)?;
                    self.register(position, &step.name, table, 0)?;
                }
                let config = self.project.pipeline.marts.get(&step.name.name);
                let staged =
                    mart::stage(&self.engine, publisher, node, &step.fingerprint, config, plan)
                        .await?;
                let staged = mart::check(&self.engine, &self.project.catalog, node, staged).await?;
                self.note_written(&staged)?;
                let mut state = self.state.lock();
                state.rows.insert(
                    position,
                    usize::try_from(staged.mart.entry.rows).unwrap_or(usize::MAX),
                );
                state.bytes.insert(
                    position,
                    usize::try_from(staged.mart.entry.bytes).unwrap_or(usize::MAX),
                );
                state.staged.insert(step.name.clone(), staged);
                Ok(())
            }
        }
    }

    async fn compute(&self, step: &Step, plan: &LogicalPlan) -> Result<StoredTable> {
        let name = step.name.to_string();
        self.engine.materialize(&name, plan).await.map_err(|mut error| {
            for fault in &mut error.diagnostics {
                fault.message = format!("{name}: {}", fault.message);
            }
            error
        })
    }

    /// Remembers a sound mart for a `retry`.
    fn note_written(&self, staged: &Staged) -> Result<()> {
        let Some(artifacts) = self.artifacts.as_ref().filter(|_| staged.audit.is_sound()) else {
            return Ok(());
        };
        let written =
            WrittenMart { name: staged.mart.name.clone(), entry: staged.mart.entry.clone() };
        artifacts.update(|results| results.staged.push(written))
    }

    async fn sql_plan(&self, step: &Step) -> Result<LogicalPlan> {
        let node = &self.project.catalog.tables[&step.name];
        let statement = node.statement().ok_or_else(|| {
            Error::failed(codes::NODE_FAILED, format!("{} has no statement", step.name))
        })?;
        self.engine.plan(statement).await
    }

    async fn load(&self, position: usize, step: &Step) -> Result<()> {
        let source = &self.project.pipeline.sources[source_name(&step.name)];
        let files = self.files.get(&source.name).map_or(&[][..], Vec::as_slice);
        let loaded = load::load(&self.engine, source, files).await?;
        let kept = loaded.clone();
        self.keep(step, move |cache, fingerprint| load::keep(cache, fingerprint, &kept));
        self.have_loaded(position, step, loaded)
    }

    async fn reuse(&self, position: usize, step: &Step) -> Result<()> {
        let node = &self.project.catalog.tables[&step.name];
        if let Kind::Raw { source, .. } = &node.kind {
            let source = &self.project.pipeline.sources[source.as_str()];
            return match load::cached(&self.cache, source, &step.fingerprint) {
                Some(loaded) => self.have_loaded(position, step, loaded),
                // Evicted since the plan was made.
                None => self.load(position, step).await,
            };
        }
        let Some(schema) = self.cache.schema(&step.fingerprint, TABLE) else {
            return Err(gone(step));
        };
        let Some((tables, ())) = self.cache.get(&step.fingerprint, &[(TABLE, schema)]) else {
            return Err(gone(step));
        };
        for table in tables {
            self.store(position, &step.name, Arc::new(table))?;
        }
        Ok(())
    }

    fn have_loaded(&self, position: usize, step: &Step, loaded: Loaded) -> Result<()> {
        let Loaded { rows, aside } = loaded;
        self.state.lock().aside.insert(aside.books.source.clone(), aside);
        self.store(position, &step.name, rows)
    }

    async fn provide(&self, position: usize, step: &Step) -> Result<()> {
        let node = &self.project.catalog.tables[&step.name];
        let (provider, rows): (Arc<dyn TableProvider>, usize) = match &node.kind {
            Kind::Rows(batch) => (memory(batch.clone())?, batch.num_rows()),
            _ => self.quarantine(step)?,
        };
        self.register(position, &step.name, provider, rows)
    }

    /// `quarantine.rows`, `.cells` and `.books` over every source of the run.
    fn quarantine(&self, step: &Step) -> Result<(Arc<dyn TableProvider>, usize)> {
        let state = self.state.lock();
        let tables: Vec<&Arc<StoredTable>> = match step.name.name.as_str() {
            "rows" => state.aside.values().map(|aside| &aside.bad_rows).collect(),
            "cells" => state.aside.values().map(|aside| &aside.bad_cells).collect(),
            _ => {
                let books: Vec<&SourceResult> =
                    state.aside.values().map(|aside| &aside.books).collect();
                let batch = load::books(&books)?;
                return Ok((memory(batch.clone())?, batch.num_rows()));
            }
        };
        let rows = tables.iter().map(|table| table.rows()).sum();
        let mut plans = tables.iter().map(|table| {
            let provider: Arc<dyn TableProvider> = Arc::clone(*table) as _;
            scan("quarantine", provider)
        });
        let Some(first) = plans.next() else {
            let schema = match step.name.name.as_str() {
                "rows" => sources::bad_rows_schema(),
                _ => sources::bad_cells_schema(),
            };
            let empty = datafusion::arrow::array::RecordBatch::new_empty(schema);
            return Ok((memory(empty)?, 0));
        };
        let mut union = LogicalPlanBuilder::from(first?);
        for plan in plans {
            union = union.union(plan?).map_err(|error| errors::convert(&error))?;
        }
        let plan = union.build().map_err(|error| errors::convert(&error))?;
        Ok((Arc::new(ViewTable::new(plan, None)), rows))
    }

    fn store(&self, position: usize, name: &TableName, table: Arc<StoredTable>) -> Result<()> {
        let rows = table.rows();
        self.state.lock().bytes.insert(position, table.bytes());
        self.register(position, name, table, rows)
    }

    fn register(
        &self,
        position: usize,
        name: &TableName,
        provider: Arc<dyn TableProvider>,
        rows: usize,
    ) -> Result<()> {
        self.state.lock().rows.insert(position, rows);
        self.engine.register(&name.schema, &name.name, provider)
    }

    fn rows_read(&self, inputs: &BTreeSet<usize>) -> usize {
        let state = self.state.lock();
        inputs.iter().filter_map(|input| state.rows.get(input)).sum()
    }

    /// Keeps a result whose cost is well above that of writing it.
    fn keep_if_costly(&self, step: &Step, table: Arc<StoredTable>, cost: Duration) {
        /// What a disk takes per second, at least.
        const WRITE_BYTES_PER_SECOND: f64 = 200e6;
        const WORTH_KEEPING_SECONDS: f64 = 0.5;
        let cost = cost.as_secs_f64();
        let write_cost = table.bytes() as f64 / WRITE_BYTES_PER_SECOND;
        if cost < WORTH_KEEPING_SECONDS || cost < 4.0 * write_cost {
            return;
        }
        self.keep(step, move |cache, fingerprint| cache.put(fingerprint, &[(TABLE, &table)], ()));
    }

    /// Writes something for the next run, while this one goes on.
    fn keep(
        &self,
        step: &Step,
        write: impl FnOnce(&Cache, &Fingerprint) -> Result<()> + Send + 'static,
    ) {
        let (cache, fingerprint) = (self.cache.clone(), step.fingerprint.clone());
        let (project, name) = (Arc::clone(&self.project), step.name.clone());
        self.keeping.lock().spawn_blocking(move || {
            write(&cache, &fingerprint).map_err(|error| placed(&project, &name, error))
        });
    }

    /// A step has read its inputs: those that nobody else waits for are dropped. What an inlined
    /// table reads is read only when its own reader is done.
    fn release(&self, position: usize) -> Result<()> {
        let mut finished = vec![position];
        while let Some(position) = finished.pop() {
            for input in &self.plan.steps[position].inputs {
                let mut state = self.state.lock();
                let Some(left) = state.readers.get_mut(input) else { continue };
                *left -= 1;
                if *left > 0 {
                    continue;
                }
                drop(state);
                let step = &self.plan.steps[*input];
                self.engine.deregister(&step.name.schema, &step.name.name)?;
                if step.action == Action::Inline {
                    finished.push(*input);
                }
            }
        }
        Ok(())
    }
}

/// The name of a cached node's only table.
const TABLE: &str = "table";

impl Work for Execution {
    fn is_heavy(&self, node: usize) -> bool {
        let step = &self.plan.steps[node];
        step.input_bytes.unwrap_or(0) > HEAVY_BYTES || self.rows_read(&step.inputs) > HEAVY_ROWS
    }

    async fn execute(self: Arc<Self>, node: usize) -> Result<()> {
        let step = &self.plan.steps[node];
        self.observer.started(&step.name.to_string());
        if let Some(artifacts) = &self.artifacts {
            artifacts.event("node_started", Some(&step.name.to_string()), &step.reason)?;
            artifacts.node(&step.name.to_string(), |result| result.status = NodeStatus::Running)?;
        }
        let started = Instant::now();
        let result = self.perform(node, step).await;
        let result = result.map_err(|error| placed(&self.project, &step.name, error));
        self.state.lock().seconds.insert(node, started.elapsed().as_secs_f64());
        if result.is_ok() && step.action != Action::Inline {
            self.release(node)?;
        }
        result
    }

    fn ended(&self, node: usize, how: &Ended) {
        let step = &self.plan.steps[node];
        let name = step.name.to_string();
        let mut result = super::artifacts::NodeResult::pending(&name, &step.fingerprint);
        {
            let state = self.state.lock();
            result.seconds = state.seconds.get(&node).copied();
            if *how == Ended::Done && step.action != Action::Inline {
                result.rows = state.rows.get(&node).map(|rows| *rows as u64);
                result.bytes = state.bytes.get(&node).map(|bytes| *bytes as u64);
            }
        }
        (result.status, result.message) = match how {
            Ended::Done if matches!(step.action, Action::Keep | Action::Reuse) => {
                (NodeStatus::Reused, Some(step.reason.clone()))
            }
            Ended::Done => (NodeStatus::Success, None),
            Ended::Failed(error) => (NodeStatus::Error, Some(error.to_string())),
            Ended::Skipped => (NodeStatus::Skipped, None),
        };
        self.observer.ended(&result);
        if let Some(artifacts) = &self.artifacts {
            // The run itself must not fail because its diary cannot be written; the last write,
            // which a run does wait for, reports it.
            drop(artifacts.event(
                "node_ended",
                Some(&name),
                result.message.as_deref().unwrap_or(""),
            ));
            drop(artifacts.node(&name, |kept| *kept = result));
        }
    }
}

/// Faults that only show while rows are read or computed do not know where their table stands.
fn placed(project: &Project, name: &TableName, mut error: Error) -> Error {
    let node = &project.catalog.tables[name];
    for fault in error.diagnostics.iter_mut().filter(|fault| fault.location.is_none()) {
        fault.location = match &node.kind {
            Kind::Raw { source, .. } => project.pipeline.source_places.get(source).cloned(),
            _ if matches!(fault.code, codes::NODE_FAILED | codes::MEMORY) => {
                Some(Location::line(node.file.as_str(), 1))
            }
            _ => None,
        };
    }
    error
}

/// The source of `raw.<source>`.
fn source_name(name: &TableName) -> &str {
    &name.name
}

fn gone(step: &Step) -> Error {
    Error::failed(
        codes::WORK_FOLDER,
        format!("the cached result of {} went away while the run was on", step.name),
    )
    .hint("run again; another process may have cleaned the cache")
}

fn scan(name: &str, provider: Arc<dyn TableProvider>) -> Result<LogicalPlan> {
    LogicalPlanBuilder::scan(name, provider_as_source(provider), None)
        .and_then(LogicalPlanBuilder::build)
        .map_err(|error| errors::convert(&error))
}

fn memory(batch: datafusion::arrow::array::RecordBatch) -> Result<Arc<dyn TableProvider>> {
    let table = MemTable::try_new(batch.schema(), vec![vec![batch]])
        .map_err(|error| errors::convert(&error))?;
    Ok(Arc::new(table))
}
