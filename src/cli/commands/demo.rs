/*!
`journeymart demo DIR`: a synthetic company's exports, and the truth behind them.
*/

use std::path::PathBuf;

use crate::{
    cli::Context,
    demo::{self, DemoOptions},
    error::Result,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Folder to write to
    dir: PathBuf,
    /// People with an account; passers-by and bots come on top
    #[arg(long, default_value_t = 400)]
    customers: u32,
    /// Whole months, up to and including June 2026
    #[arg(long, default_value_t = 12)]
    months: u32,
    /// Another seed is another company
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Web events of each of them, about
    #[arg(long, default_value_t = 50, value_name = "EVENTS")]
    events_per_customer: u32,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let Arguments { dir, customers, months, seed, events_per_customer } = arguments;
    let threads = context.global.threads.unwrap_or(DemoOptions::default().threads);
    let options = DemoOptions {
        customers,
        months,
        seed,
        events_per_customer,
        threads,
        ..DemoOptions::default()
    };
    let summary = demo::write(&dir, &options)?;
    context.printer.result(&summary, |summary| {
        format!(
            "wrote {} web events and {} rows in all to {} (synthetic)",
            summary.events,
            summary.rows,
            dir.display()
        )
    })
}
