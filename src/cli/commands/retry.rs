/*!
`journeymart retry`: repeats a failed run with its parameters and clock.
*/

use super::run::{self, PublishArgs};
use crate::{
    cli::{Context, args::PipelineArg},
    error::Result,
    run::{history, project::Project},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pipeline: PipelineArg,
    #[command(flatten)]
    publish: PublishArgs,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let given = context.project_options(arguments.pipeline.pipeline);
    let failed = Project::open(&given)?.failed_run()?;
    context.printer.note(&format!("repeating run {}", failed.run_id));
    let project = Project::open(&history::same_project(&failed, &given))?;
    run::execute(context, project, &history::same_run(failed, arguments.publish.options()))
}
