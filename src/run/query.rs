/*!
Ad-hoc questions: computed through the same planner and cache as a run, or answered from what is
published. Nothing is published.
*/

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use datafusion::{
    arrow::array::RecordBatch,
    logical_expr::{LogicalPlan, LogicalPlanBuilder},
    physical_plan::common::collect,
};
use tokio::sync::watch;

use super::{execute::Execution, inputs, observer::Observer, project::Project, schedule};
use crate::{
    catalog::{Question, TableName},
    engine::{Engine, errors},
    error::{Error, Kind, Result, codes},
    functions::pseudonymize,
    plan::{Plan, Request},
    publish,
};

/// A question and where its answer comes from.
#[derive(Debug, Clone)]
pub struct QueryOptions {
    pub sql: String,
    /// At most so many rows.
    pub limit: Option<usize>,
    /// Reads the newest commit and nothing else.
    pub published: bool,
}

/// Lets a question about what was refused have its answer, however much was refused.
pub fn admit(project: &mut Project, sql: &str) {
    let question = project.catalog.question(sql);
    if question
        .is_ok_and(|question| question.inputs.iter().all(|table| table.schema == "quarantine"))
    {
        for source in project.pipeline.sources.values_mut() {
            source.max_bad_ratio = 1.0;
        }
    }
}

/// The rows of the answer; at least one batch, empty if there are none.
pub async fn query(
    project: Arc<Project>,
    options: &QueryOptions,
    observer: Arc<dyn Observer>,
    stop: watch::Receiver<Option<Kind>>,
) -> Result<Vec<RecordBatch>> {
    let answer = Answer::prepare(&project, options, observer, stop).await?;
    let stream = answer.engine().stream(&answer.plan).await?;
    let schema = stream.schema();
    let mut batches = collect(stream).await.map_err(|error| errors::convert(&error))?;
    if batches.is_empty() {
        batches.push(RecordBatch::new_empty(schema));
    }
    Ok(batches)
}

/// Writes the answer as one Parquet file, without holding it in memory, and returns the number of
/// rows.
pub async fn export(
    project: Arc<Project>,
    options: &QueryOptions,
    path: &Path,
    observer: Arc<dyn Observer>,
    stop: watch::Receiver<Option<Kind>>,
) -> Result<u64> {
    let answer = Answer::prepare(&project, options, observer, stop).await?;
    publish::export(answer.engine(), answer.plan.clone(), path).await
}

/// A question that can be answered: what it reads is there.
struct Answer {
    tables: Tables,
    plan: LogicalPlan,
}

/// What holds the tables that a question reads.
enum Tables {
    Published(Engine),
    Computed(Arc<Execution>),
}

impl Answer {
    async fn prepare(
        project: &Arc<Project>,
        options: &QueryOptions,
        observer: Arc<dyn Observer>,
        stop: watch::Receiver<Option<Kind>>,
    ) -> Result<Self> {
        let engine = project.engine()?;
        let (tables, question) = if options.published {
            let question = published(project, &engine, &options.sql).await?;
            (Tables::Published(engine), question)
        } else {
            let question = project.catalog.question(&options.sql)?;
            project.check(&engine)?;
            let computed = computed(project, engine, &question, observer, stop).await?;
            (Tables::Computed(computed), question)
        };
        let mut plan = question.plan(tables.engine()).await?;
        if options.limit.is_some() {
            plan = LogicalPlanBuilder::from(plan)
                .limit(0, options.limit)
                .and_then(LogicalPlanBuilder::build)
                .map_err(|error| errors::convert(&error))?;
        }
        Ok(Self { tables, plan })
    }

    fn engine(&self) -> &Engine {
        self.tables.engine()
    }
}

impl Tables {
    fn engine(&self) -> &Engine {
        match self {
            Self::Published(engine) => engine,
            Self::Computed(execution) => &execution.engine,
        }
    }
}

/// Computes what the question reads.
async fn computed(
    project: &Arc<Project>,
    engine: Engine,
    question: &Question,
    observer: Arc<dyn Observer>,
    stop: watch::Receiver<Option<Kind>>,
) -> Result<Arc<Execution>> {
    let wanted: Vec<TableName> = question.inputs.iter().cloned().collect();
    let inputs = inputs::discover(project).await?;
    let cache = project.cache();
    let plan = Plan::build(&Request {
        catalog: &project.catalog,
        sources: &project.pipeline.sources,
        marts: &project.pipeline.marts,
        contents: &inputs.contents,
        wanted: &wanted,
        published: &BTreeMap::new(),
        is_cached: &|fingerprint| cache.contains(fingerprint),
        pseudonym_key: &pseudonymize::key_digest(),
        publishes: false,
        full_refresh: false,
    });
    observer.planned(plan.steps.len());
    let kept: BTreeSet<TableName> = wanted.into_iter().collect();
    let execution = Arc::new(Execution::new(
        Arc::clone(project),
        engine,
        plan,
        inputs.files,
        None,
        None,
        observer,
        &kept,
    ));
    let ended = execution.run(true, stop).await?;
    schedule::first_failure(&ended)?;
    Ok(execution)
}

/// Makes the marts of the newest commit that a question reads visible as `marts.*`.
async fn published(project: &Project, engine: &Engine, sql: &str) -> Result<Question> {
    let location = project.storage.location(&project.pipeline.locations["marts"])?;
    let Some(newest) = publish::read(&location).await? else {
        return Err(Error::usage(codes::NO_COMMIT, "nothing has been published yet")
            .hint("`journeymart run` publishes the marts"));
    };
    let name = |mart: &String| TableName::new("marts", mart);
    let question = project.catalog.question_about(sql, &newest.marts.keys().map(name).collect())?;
    for (mart, files) in &newest.marts {
        let Some(file) = files.first().filter(|_| question.inputs.contains(&name(mart))) else {
            continue;
        };
        let (store, path) = file.object();
        let table = engine.parquet_file(store, path).await?;
        engine.register("marts", mart, table)?;
    }
    Ok(question)
}
