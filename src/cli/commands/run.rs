/*!
`journeymart run`: load, transform, audit, publish.
*/

use std::sync::Arc;

use crate::{
    cli::{
        Context,
        args::{PipelineArg, SelectArgs},
        progress::Progress,
        runtime,
    },
    error::Result,
    run::{
        self, RunOptions,
        artifacts::{RunResults, RunStatus},
        project::Project,
    },
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pipeline: PipelineArg,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    publish: PublishArgs,
    /// Reuse nothing: parse and compute everything anew
    #[arg(long, env = "JOURNEYMART_FULL_REFRESH")]
    full_refresh: bool,
    /// Compute and check everything, publish nothing
    #[arg(long, env = "JOURNEYMART_DRY_RUN")]
    dry_run: bool,
}

/// What a run may do that it refuses by default.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PublishArgs {
    /// Stop at the first failure
    #[arg(short = 'x', long, env = "JOURNEYMART_FAIL_FAST")]
    pub(crate) fail_fast: bool,
    /// Publish marts that lost more than half of their rows
    #[arg(long, env = "JOURNEYMART_ALLOW_SHRINK")]
    pub(crate) allow_shrink: bool,
    /// Publish although a later as_of_date is published
    #[arg(long, env = "JOURNEYMART_ALLOW_OLDER")]
    pub(crate) allow_older: bool,
    /// Use a store that cannot create objects only if absent; no other run may publish there
    #[arg(long, env = "JOURNEYMART_SINGLE_WRITER")]
    pub(crate) single_writer: bool,
}

impl PublishArgs {
    pub(crate) fn options(&self) -> RunOptions {
        RunOptions {
            fail_fast: self.fail_fast,
            allow_shrink: self.allow_shrink,
            allow_older: self.allow_older,
            single_writer: self.single_writer,
            ..RunOptions::default()
        }
    }
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let project = context.project(arguments.pipeline.pipeline)?;
    let options = RunOptions {
        select: arguments.select.select,
        exclude: arguments.select.exclude,
        full_refresh: arguments.full_refresh,
        dry_run: arguments.dry_run,
        ..arguments.publish.options()
    };
    execute(context, project, &options)
}

/// Runs and prints; `retry` comes here too.
pub(crate) fn execute(context: &Context, project: Project, options: &RunOptions) -> Result<()> {
    let progress = Arc::new(Progress::new(&context.printer));
    let threads = project.engine_options.threads;
    let results = runtime::block_on(threads, async {
        let stop = runtime::signals();
        run::run(Arc::new(project), options, progress, stop).await
    })?;
    context.printer.result(&results, summary)
}

/// One line per mart, aligned.
fn summary(results: &RunResults) -> String {
    let name_width = results.marts.iter().map(|mart| mart.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for mart in &results.marts {
        text += &format!(
            "{:name_width$}  {:>10} rows  {:>10} bytes  {}\n",
            mart.name, mart.rows, mart.bytes, mart.path
        );
    }
    let commit = results.commit.map(|commit| format!(" (commit {commit})")).unwrap_or_default();
    text += &match results.status {
        RunStatus::NoOp => {
            format!("nothing to do: inputs, definitions and marts are unchanged{commit}\n")
        }
        _ if results.commit.is_none() => "nothing published\n".to_owned(),
        _ => {
            let fresh = results.marts.iter().filter(|mart| mart.is_new).count();
            format!("published {fresh} of {} marts{commit}\n", results.marts.len())
        }
    };
    text
}
