/*!
`journeymart plan`: what a run would do, and why.
*/

use std::sync::Arc;

use crate::{
    cli::{
        Context,
        args::{PipelineArg, SelectArgs},
        runtime,
    },
    error::Result,
    plan::{Action, Plan},
    run::{self, RunOptions},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pipeline: PipelineArg,
    #[command(flatten)]
    select: SelectArgs,
    /// Plan as if nothing could be reused
    #[arg(long, env = "JOURNEYMART_FULL_REFRESH")]
    full_refresh: bool,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let project = Arc::new(context.project(arguments.pipeline.pipeline)?);
    let options = RunOptions {
        select: arguments.select.select,
        exclude: arguments.select.exclude,
        full_refresh: arguments.full_refresh,
        ..RunOptions::default()
    };
    let (plan, warnings) =
        runtime::block_on(project.engine_options.threads, run::plan(&project, &options))?;
    context.printer.diagnostics(&project.warnings);
    context.printer.diagnostics(&warnings);
    context.printer.result(&plan, text)
}

/// A line per step; inlined ones only count.
fn text(plan: &Plan) -> String {
    if plan.is_no_op() {
        return "nothing to do: inputs, definitions and marts are unchanged\n".to_owned();
    }
    let shown: Vec<_> = plan.steps.iter().filter(|step| step.action != Action::Inline).collect();
    let width = shown.iter().map(|step| step.name.to_string().len()).max().unwrap_or(0);
    let mut text = String::new();
    for step in shown {
        let files = match (step.input_files, step.input_bytes) {
            (Some(files), Some(bytes)) => format!(" ({files} files, {bytes} bytes)"),
            _ => String::new(),
        };
        text += &format!(
            "{:8} {:width$}  {}{files}\n",
            step.action.as_str(),
            step.name.to_string(),
            step.reason
        );
    }
    text
}
