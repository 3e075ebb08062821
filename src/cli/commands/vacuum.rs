/*!
`journeymart vacuum`: removes files that no kept commit names.
*/

use crate::{
    cli::{Context, args::PipelineArg, runtime},
    config::formats::Timespan,
    error::{Error, Result, codes},
    run::recovery,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pipeline: PipelineArg,
    /// Commits to keep, the newest ones
    #[arg(long, default_value_t = 10, value_name = "COMMITS")]
    keep: usize,
    /// Younger files stay: they may belong to a run that is under way
    #[arg(long, default_value = "24h", value_name = "AGE")]
    min_age: String,
    /// Only say what would be removed
    #[arg(long, env = "JOURNEYMART_DRY_RUN")]
    dry_run: bool,
    /// Use a store that cannot create objects only if absent; no other run may publish there
    #[arg(long, env = "JOURNEYMART_SINGLE_WRITER")]
    single_writer: bool,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let min_age: Timespan = arguments
        .min_age
        .parse()
        .map_err(|message| Error::usage(codes::CLI, format!("--min-age: {message}")))?;
    let project = context.project(arguments.pipeline.pipeline)?;
    let removed = runtime::block_on(
        project.engine_options.threads,
        recovery::vacuum(
            &project,
            arguments.keep,
            min_age.0,
            arguments.dry_run,
            arguments.single_writer,
        ),
    )?;
    context.printer.result(&removed, |removed| {
        let bytes: u64 = removed.iter().map(|version| version.bytes).sum();
        let verb = if arguments.dry_run { "would remove" } else { "removed" };
        format!("{verb} {} versions, {bytes} bytes", removed.len())
    })
}
