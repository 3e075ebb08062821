/*!
`journeymart completions SHELL`
*/

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{
    cli::{Context, args::Cli},
    error::Result,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    shell: Shell,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "journeymart", &mut script);
    context.printer.text(&String::from_utf8_lossy(&script))
}
