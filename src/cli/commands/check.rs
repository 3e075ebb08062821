/*!
`journeymart check`: everything that can be known without reading a row.
*/

use serde::Serialize;

use crate::{
    cli::{Context, args::PipelineArg, runtime},
    error::Result,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pipeline: PipelineArg,
}

#[derive(Serialize)]
struct Checked {
    pipeline: String,
    tables: usize,
    warnings: usize,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let project = context.project(arguments.pipeline.pipeline)?;
    let engine = project.planner()?;
    let (_, found) =
        runtime::block_on(project.engine_options.threads, async { project.check(&engine) })?;
    context.printer.diagnostics(&project.warnings);
    context.printer.diagnostics(&found);
    let checked = Checked {
        pipeline: project.pipeline.name.clone(),
        tables: project.catalog.tables.len(),
        warnings: project.warnings.len() + found.len(),
    };
    context.printer.result(&checked, |checked| {
        format!(
            "{}: {} tables are sound, {} warnings",
            checked.pipeline, checked.tables, checked.warnings
        )
    })
}
