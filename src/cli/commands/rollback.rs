/*!
`journeymart rollback`: publishes the files of an earlier commit again.
*/

use serde::Serialize;

use crate::{
    cli::{Context, args::PipelineArg, runtime},
    error::Result,
    run::recovery,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pipeline: PipelineArg,
    /// Number of the commit to go back to; by default the one before the newest
    #[arg(long, value_name = "COMMIT")]
    to: Option<u64>,
    /// Use a store that cannot create objects only if absent; no other run may publish there
    #[arg(long, env = "JOURNEYMART_SINGLE_WRITER")]
    single_writer: bool,
}

#[derive(Serialize)]
struct RolledBack {
    restored: u64,
    commit: u64,
    marts: Vec<String>,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let project = context.project(arguments.pipeline.pipeline)?;
    let (restored, commit) = runtime::block_on(
        project.engine_options.threads,
        recovery::rollback(&project, arguments.to, arguments.single_writer),
    )?;
    let done = RolledBack {
        restored,
        commit: commit.number,
        marts: commit.marts.keys().map(|name| format!("marts.{name}")).collect(),
    };
    context.printer.result(&done, |done| {
        format!(
            "commit {} shows commit {} again: {}",
            done.commit,
            done.restored,
            done.marts.join(", ")
        )
    })
}
