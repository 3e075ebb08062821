/*!
`journeymart runs`: what ran here before.
*/

use crate::{
    cli::{Context, args::PipelineArg},
    error::Result,
    run::artifacts::{RunResults, RunStatus},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pipeline: PipelineArg,
    /// Print at most so many runs, newest first
    #[arg(long, value_name = "RUNS", default_value_t = 20)]
    limit: usize,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let project = context.project(arguments.pipeline.pipeline)?;
    let mut runs = project.runs();
    runs.truncate(arguments.limit);
    context.printer.result(&runs, |runs| {
        if runs.is_empty() {
            return "no runs yet\n".to_owned();
        }
        runs.iter().map(line).collect()
    })
}

fn line(run: &RunResults) -> String {
    let status = match run.status {
        RunStatus::Running => "unfinished",
        RunStatus::Success => "success",
        RunStatus::NoOp => "no-op",
        RunStatus::Error => "error",
    };
    let commit = run.commit.map(|commit| format!("commit {commit}")).unwrap_or_default();
    format!(
        "{}  {}  {status:10}  {commit:12}  {}\n",
        run.run_id,
        run.started_at.format("%Y-%m-%d %H:%M:%S"),
        run.exit_reason.as_deref().unwrap_or("").lines().next().unwrap_or("")
    )
}
