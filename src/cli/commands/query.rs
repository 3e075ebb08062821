/*!
`journeymart query [PIPELINE] SQL`: an answer, printed or in a file, without publishing anything.
*/

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    cli::{Context, progress::Progress, runtime, table},
    error::{Error, Result, codes},
    run::{
        project::Project,
        query::{self, QueryOptions},
    },
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The pipeline file, where there are several, and the question
    #[arg(value_name = "[PIPELINE] SQL", num_args = 1..=2, required = true)]
    pipeline_and_sql: Vec<String>,
    /// Read what is published instead of computing
    #[arg(long)]
    published: bool,
    /// Print at most so many rows
    #[arg(long, value_name = "ROWS")]
    limit: Option<usize>,
    /// Write the answer as a Parquet file instead of printing it
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let (pipeline, sql) = match <[String; 2]>::try_from(arguments.pipeline_and_sql) {
        Ok([pipeline, sql]) => (Some(PathBuf::from(pipeline)), sql),
        Err(mut one) => (None, one.pop().unwrap_or_default()),
    };
    if sql.ends_with(".yaml") {
        return Err(Error::usage(codes::CLI, "there is no SQL after the pipeline")
            .hint("journeymart query pipelines/a.yaml \"select * from marts.churn\""));
    }
    let options = QueryOptions { sql, limit: arguments.limit, published: arguments.published };
    match arguments.to {
        Some(file) => export(context, pipeline, &options, &file),
        None => answer(context, pipeline, &options),
    }
}

/// What a question needs to know of the project.
fn project(
    context: &Context,
    pipeline: Option<PathBuf>,
    options: &QueryOptions,
) -> Result<Project> {
    let given = context.project_options(pipeline);
    if options.published {
        return Project::open_published(&given);
    }
    let mut project = Project::open(&given)?;
    query::admit(&mut project, &options.sql);
    Ok(project)
}

fn export(
    context: &Context,
    pipeline: Option<PathBuf>,
    options: &QueryOptions,
    file: &Path,
) -> Result<()> {
    let project = Arc::new(project(context, pipeline, options)?);
    let progress = Arc::new(Progress::new(&context.printer));
    let rows = runtime::block_on(project.engine_options.threads, async {
        let stop = runtime::signals();
        query::export(Arc::clone(&project), options, file, progress, stop).await
    })?;
    context.printer.note(&format!("{rows} rows in {}", file.display()));
    Ok(())
}

/// Asks and prints; `show` comes here too.
pub(crate) fn answer(
    context: &Context,
    pipeline: Option<PathBuf>,
    options: &QueryOptions,
) -> Result<()> {
    let project = Arc::new(project(context, pipeline, options)?);
    let progress = Arc::new(Progress::new(&context.printer));
    let batches = runtime::block_on(project.engine_options.threads, async {
        let stop = runtime::signals();
        query::query(Arc::clone(&project), options, progress, stop).await
    })?;
    table::print(&context.printer, &batches)
}
