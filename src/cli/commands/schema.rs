/*!
`journeymart schema`
*/

use crate::{cli::Context, error::Result};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(context: &Context, _: Arguments) -> Result<()> {
    context.printer.result(&crate::config::schema(), |schema| format!("{schema:#}"))
}
