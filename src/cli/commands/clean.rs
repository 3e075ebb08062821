/*!
`journeymart clean`: empties the cache. Published marts and the history of runs stay.
*/

use serde::Serialize;

use crate::{
    cli::{Context, args::PipelineArg},
    error::Result,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pipeline: PipelineArg,
}

#[derive(Serialize)]
struct Cleaned {
    freed_bytes: u64,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let project = context.project(arguments.pipeline.pipeline)?;
    let freed_bytes = project.clean()?;
    context
        .printer
        .result(&Cleaned { freed_bytes }, |cleaned| format!("freed {} bytes", cleaned.freed_bytes))
}
