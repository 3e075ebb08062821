/*!
A whole run: check, list inputs, plan, compute, audit, publish.

Readers see nothing of it before the commit, and everything at once after it.
*/

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::Utc;
use datafusion::common::runtime::SpawnedTask;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    artifacts::{
        Artifacts, MartResult, NodeResult, NodeStatus, RunResults, RunStatus, SCHEMA_VERSION,
        WrittenMart,
    },
    execute::Execution,
    guard,
    inputs::{self, Inputs},
    manifest::manifest,
    observer::{Observer, Recorded},
    project::Project,
    schedule,
};
use crate::{
    catalog::{Schemas, TableName},
    engine::memory,
    error::{Diagnostic, Error, Kind, Result, codes},
    functions::pseudonymize,
    plan::{Action, Plan, Request},
    publish::{self, Commit, CommitRequest, MartState, Publisher},
};

/// What a run is asked to do beyond its pipeline.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    pub select: Vec<String>,
    pub exclude: Vec<String>,
    /// Reuse nothing.
    pub full_refresh: bool,
    /// Stop at the first failure.
    pub fail_fast: bool,
    /// Do everything but publish.
    pub dry_run: bool,
    /// Publish marts that lost many rows.
    pub allow_shrink: bool,
    /// Publish although a later `as_of_date` is published.
    pub allow_older: bool,
    /// The store lacks conditional writes, and whoever runs this promises to be alone.
    pub single_writer: bool,
    /// Marts that the run which this one repeats had written and checked.
    pub written: Vec<WrittenMart>,
}

/// Runs a project's pipeline. `stop` ends it early with the kind it carries.
pub async fn run(
    project: Arc<Project>,
    options: &RunOptions,
    observer: Arc<dyn Observer>,
    stop: watch::Receiver<Option<Kind>>,
) -> Result<RunResults> {
    let engine = project.engine()?;
    let inputs = discover(&project);
    let (schemas, warnings) = project.check(&engine)?;
    for warning in project.warnings.iter().chain(&warnings) {
        observer.warned(warning);
    }
    let wanted = wanted(&project, options)?;
    let run_id = Uuid::now_v7();
    let artifacts = Arc::new(Artifacts::create(
        &project.work_dir(),
        first_results(&project, options, run_id, &warnings),
    )?);
    artifacts.event("run_started", None, &project.pipeline.name)?;
    let job = Job {
        project,
        schemas,
        options: options.clone(),
        observer: Arc::new(Recorded::new(observer, &artifacts)),
        artifacts: Arc::clone(&artifacts),
        run_id,
    };
    let mut interruption = stop.clone();
    let prepared = tokio::select! {
        prepared = job.prepare(engine, wanted, inputs, stop.clone()) => prepared,
        kind = schedule::stopped(&mut interruption) => Err(schedule::interrupted(kind)),
    };
    let result = match prepared {
        Ok(Prepared::Ended(status)) => Ok(status),
        Ok(Prepared::Commit(publisher, request)) => job.commit(*publisher, request, stop).await,
        Err(error) => Err(error),
    };
    close(&artifacts, &result)?;
    result.map(|_| artifacts.results())
}

/// What a run would do now, and what is odd about its inputs.
pub async fn plan(project: &Arc<Project>, options: &RunOptions) -> Result<(Plan, Vec<Diagnostic>)> {
    let inputs = discover(project);
    let (_, mut warnings) = project.check(&project.engine()?)?;
    let wanted = wanted(project, options)?;
    let published = head(project).await?;
    let (_, inputs) = discovered(inputs).await?;
    let plan = build(project, options, &inputs, &wanted, published.as_ref(), &[]);
    warnings.extend(inputs.warnings);
    Ok((plan, warnings))
}

/// Inputs, and the number of the commit that was the newest before they were listed.
type Listing = SpawnedTask<Result<(Option<u64>, Inputs)>>;

/// Lists the inputs and reads what they hold, while the SQL is checked.
fn discover(project: &Arc<Project>) -> Listing {
    let project = Arc::clone(project);
    SpawnedTask::spawn(async move {
        let head = head(&project).await?.map(|head| head.number);
        Ok((head, inputs::discover(&project).await?))
    })
}

async fn discovered(listing: Listing) -> Result<(Option<u64>, Inputs)> {
    listing.join_unwind().await.unwrap_or_else(|error| {
        Err(Error::failed(codes::STORAGE_READ, format!("the inputs were not listed: {error}")))
    })
}

/// The newest commit.
async fn head(project: &Project) -> Result<Option<Commit>> {
    let location = project.storage.location(&project.pipeline.locations["marts"])?;
    Ok(publish::read(&location).await?.map(|published| published.commit))
}

/// The marts to bring up to date: all that the pipeline builds, or those that are selected.
fn wanted(project: &Project, options: &RunOptions) -> Result<Vec<TableName>> {
    let selected = project.catalog.select(&options.select, &options.exclude)?;
    let mut marts = project.catalog.built_marts();
    marts.retain(|mart| selected.contains(mart));
    if marts.is_empty() {
        return Err(Error::usage(codes::SELECTOR, "the selection holds no mart that is built")
            .hint("`journeymart ls --select marts.*` lists the marts"));
    }
    Ok(marts)
}

fn build(
    project: &Project,
    options: &RunOptions,
    inputs: &Inputs,
    wanted: &[TableName],
    head: Option<&Commit>,
    damaged: &[String],
) -> Plan {
    let mut at_hand: BTreeMap<TableName, String> = BTreeMap::new();
    let published = head.into_iter().flat_map(|head| &head.marts);
    for (name, mart) in published.filter(|(name, _)| !damaged.contains(name)) {
        at_hand.insert(TableName::new("marts", name), mart.fingerprint.clone());
    }
    for mart in &options.written {
        at_hand.insert(TableName::new("marts", &mart.name), mart.entry.fingerprint.clone());
    }
    let cache = project.cache();
    Plan::build(&Request {
        catalog: &project.catalog,
        sources: &project.pipeline.sources,
        marts: &project.pipeline.marts,
        contents: &inputs.contents,
        wanted,
        published: &at_hand,
        is_cached: &|fingerprint| cache.contains(fingerprint),
        pseudonym_key: &pseudonymize::key_digest(),
        publishes: true,
        full_refresh: options.full_refresh,
    })
}

/// Writes how the run ended.
fn close(artifacts: &Artifacts, result: &Result<RunStatus>) -> Result<()> {
    artifacts.update(|results| {
        results.finished_at = Some(Utc::now());
        results.peak_resident_bytes = memory::peak_resident().map(|bytes| bytes as u64);
        match result {
            Ok(status) => results.status = *status,
            Err(error) => {
                results.status = RunStatus::Error;
                results.exit_reason = Some(exit_reason(error));
            }
        }
        for node in &mut results.nodes {
            if matches!(node.status, NodeStatus::Pending | NodeStatus::Running) && result.is_err() {
                node.status = NodeStatus::Skipped;
            }
        }
    })?;
    let outcome = result.as_ref().map_or_else(exit_reason, |_| "success".to_owned());
    artifacts.event("run_ended", None, &outcome)
}

pub(super) struct Job {
    pub(super) project: Arc<Project>,
    schemas: Schemas,
    options: RunOptions,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) artifacts: Arc<Artifacts>,
    pub(super) run_id: Uuid,
}

/// What a run has come to when nothing is left but to let readers see it.
enum Prepared {
    /// There is nothing to publish.
    Ended(RunStatus),
    Commit(Box<Publisher>, CommitRequest),
}

impl Job {
    /// Loads, computes, stages and checks. Whatever ends it early, readers see nothing of it.
    async fn prepare(
        &self,
        engine: crate::engine::Engine,
        selected: Vec<TableName>,
        inputs: Listing,
        stop: watch::Receiver<Option<Kind>>,
    ) -> Result<Prepared> {
        let project = &self.project;
        let publisher = project.publisher(self.run_id, self.options.single_writer).await?;
        guard::as_of_date(project, publisher.head(), self.options.allow_older)?;
        publisher.check_free(selected.iter().map(|mart| mart.name.as_str())).await?;
        let (head, mut inputs) = discovered(inputs).await?;
        // Another run may have seen newer files: no commit rests on older ones than the one before.
        if head != publisher.head().map(|head| head.number) {
            inputs = inputs::discover(project).await?;
        }
        for warning in &inputs.warnings {
            self.observer.warned(warning);
        }
        let unfinished = publisher.rolled_forward();
        for mart in &unfinished.updated {
            self.observer.noted(&format!("marts.{mart} was brought up to the newest commit"));
        }
        for mart in &unfinished.damaged {
            self.observer.noted(&format!(
                "the published file of marts.{mart} is damaged; it is written anew"
            ));
        }
        let damaged = &unfinished.damaged;
        let plan = build(project, &self.options, &inputs, &selected, publisher.head(), damaged);
        self.artifacts.update(|results| {
            results.nodes = plan
                .steps
                .iter()
                .map(|step| NodeResult::pending(&step.name.to_string(), &step.fingerprint))
                .collect();
        })?;
        self.observer.planned(plan.steps.len());
        let declared: BTreeSet<String> =
            project.catalog.built_marts().into_iter().map(|name| name.name).collect();
        let nothing_to_withdraw = publisher
            .head()
            .is_some_and(|head| head.marts.keys().all(|name| declared.contains(name)));
        let days = inputs.days();
        let is_published = |mart: &WrittenMart| {
            publisher.head().is_some_and(|head| head.marts.get(&mart.name) == Some(&mart.entry))
        };
        let nothing_to_add = self.options.written.iter().all(is_published);
        if plan.is_no_op() && nothing_to_withdraw && nothing_to_add {
            self.hold_to_promises(Vec::new(), &days)?;
            return self.no_op(&plan, &publisher).map(Prepared::Ended);
        }
        // Tracing plans every table once more: a run that has nothing to do is spared that, and
        // others do it beside their first steps.
        let written = SpawnedTask::spawn_blocking({
            let (project, state) = (Arc::clone(project), engine.state());
            let (schemas, artifacts) = (self.schemas.clone(), Arc::clone(&self.artifacts));
            move || artifacts.document("manifest.json", &manifest(&project, &state, &schemas))
        });
        let still_valid: Vec<WrittenMart> = self
            .options
            .written
            .iter()
            .filter(|mart| {
                plan.steps.iter().any(|step| {
                    step.action == Action::Keep
                        && step.name.name == mart.name
                        && step.fingerprint.as_str() == mart.entry.fingerprint
                })
            })
            .cloned()
            .collect();
        let execution = Arc::new(Execution::new(
            Arc::clone(project),
            engine,
            plan,
            inputs.files,
            Some(publisher),
            Some(Arc::clone(&self.artifacts)),
            Arc::clone(&self.observer),
            &BTreeSet::new(),
        ));
        let ended = execution.run(self.options.fail_fast, stop).await;
        let written = written.join_unwind().await.map_err(|error| {
            Error::failed(codes::WORK_FOLDER, format!("the manifest was not written: {error}"))
        });
        let ended = ended?;
        let books = execution.books();
        self.artifacts.update(|results| results.sources.clone_from(&books))?;
        self.note_losses(&books);
        schedule::first_failure(&ended)?;
        written.flatten()?;
        self.hold_to_promises(books, &days)?;
        let mut execution = Arc::into_inner(execution)
            .expect("every step has ended, and each held the only other handles");
        let (staged, audits) = (execution.take_staged(), execution.take_audits());
        let publisher = execution.publisher.take().expect("given above");
        self.audit(audits.values().chain(staged.values().map(|mart| &mart.audit)))?;
        guard::shrink(publisher.head(), &staged, self.options.allow_shrink)?;
        if self.options.dry_run {
            self.observer.noted("dry run: everything was computed and checked, nothing published");
            return Ok(Prepared::Ended(RunStatus::Success));
        }
        let mut marts: BTreeMap<String, MartState> = staged
            .into_iter()
            .map(|(name, staged)| (name.name, MartState::Staged(staged.mart)))
            .collect();
        for mart in still_valid {
            let staged = publisher.written(&mart.name, mart.entry);
            marts.insert(mart.name, MartState::Staged(staged));
        }
        // Marts that this run did not touch stay as they are, as long as they are declared.
        for name in publisher.head().into_iter().flat_map(|head| head.marts.keys()) {
            if declared.contains(name) {
                marts.entry(name.clone()).or_insert(MartState::Carried);
            } else {
                self.observer
                    .noted(&format!("marts.{name} is no longer declared and is withdrawn"));
            }
        }
        let request = CommitRequest {
            as_of_date: project.as_of_date(),
            parameters: parameters(project)
                .into_iter()
                .map(|(name, value)| (name, serde_json::Value::String(value)))
                .collect(),
            inputs: inputs.listed,
            marts,
        };
        Ok(Prepared::Commit(Box::new(publisher), request))
    }

    /// Publishes. Whoever stops the run now is told what is published: the answer to the commit is
    /// waited for, and the files of the marts follow it in the next run at the latest.
    async fn commit(
        &self,
        mut publisher: Publisher,
        request: CommitRequest,
        mut stop: watch::Receiver<Option<Kind>>,
    ) -> Result<RunStatus> {
        let commit = publisher.commit(request).await?.clone();
        let recorded = self.artifacts.update(|results| {
            results.commit = Some(commit.number);
            results.marts = self.mart_results(&commit);
            results.staged.clear();
        });
        tokio::select! {
            finished = publisher.finish() => finished?,
            kind = schedule::stopped(&mut stop) => {
                return Err(schedule::interrupted_after(kind, commit.number));
            }
        };
        recorded.map(|()| RunStatus::Success)
    }

    fn no_op(&self, plan: &Plan, publisher: &Publisher) -> Result<RunStatus> {
        self.artifacts.update(|results| {
            for (node, step) in results.nodes.iter_mut().zip(&plan.steps) {
                node.status = NodeStatus::Reused;
                node.message = Some(step.reason.clone());
            }
            if let Some(head) = publisher.head() {
                results.commit = Some(head.number);
                results.marts = self.mart_results(head);
            }
        })?;
        Ok(RunStatus::NoOp)
    }

    fn mart_results(&self, commit: &Commit) -> Vec<MartResult> {
        let run = format!("/{}/", self.run_id);
        let root = self.project.pipeline.locations["marts"].trim_end_matches('/');
        commit
            .marts
            .iter()
            .map(|(name, mart)| MartResult {
                name: format!("marts.{name}"),
                rows: mart.rows,
                bytes: mart.bytes,
                path: format!("{root}/{name}.parquet"),
                sha256: mart.files.first().map(|file| file.sha256.clone()).unwrap_or_default(),
                is_new: mart.files.iter().any(|file| file.path.contains(&run)),
            })
            .collect()
    }

    /// Every check of every table has passed, or the run ends here.
    fn audit<'a>(&self, audits: impl Iterator<Item = &'a super::mart::Audit>) -> Result<()> {
        let mut findings = Vec::new();
        let mut failed = false;
        self.artifacts.update(|results| {
            for audit in audits {
                results.checks.extend(audit.checks.iter().cloned());
                failed |= !audit.is_sound();
                findings.extend(audit.findings.iter().cloned());
            }
        })?;
        if failed {
            return Err(Error { kind: Kind::Checks, diagnostics: findings });
        }
        for finding in &findings {
            self.observer.warned(finding);
        }
        Ok(())
    }
}

fn first_results(
    project: &Project,
    options: &RunOptions,
    run_id: Uuid,
    warnings: &[Diagnostic],
) -> RunResults {
    RunResults {
        schema_version: SCHEMA_VERSION,
        run_id: run_id.to_string(),
        pipeline: project.pipeline.name.clone(),
        pipeline_file: project.pipeline.file.clone(),
        target: project.pipeline.target.clone(),
        parameters: parameters(project),
        select: options.select.clone(),
        exclude: options.exclude.clone(),
        status: RunStatus::Running,
        exit_reason: None,
        started_at: Utc::now(),
        finished_at: None,
        commit: None,
        sources: Vec::new(),
        nodes: Vec::new(),
        marts: Vec::new(),
        staged: Vec::new(),
        checks: Vec::new(),
        warnings: project.warnings.iter().chain(warnings).map(ToString::to_string).collect(),
        peak_resident_bytes: None,
    }
}

fn parameters(project: &Project) -> indexmap::IndexMap<String, String> {
    project
        .pipeline
        .params
        .iter()
        .map(|(name, param)| (name.clone(), param.value.to_string()))
        .collect()
}

fn exit_reason(error: &Error) -> String {
    let kind = serde_json::to_value(error.kind).ok();
    let kind = kind.as_ref().and_then(serde_json::Value::as_str).unwrap_or("failed");
    format!("{kind}: {error}")
}
