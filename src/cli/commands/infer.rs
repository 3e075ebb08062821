/*!
`journeymart infer PATH`: the `sources:` block of a new export.
*/

use std::path::PathBuf;

use crate::{
    cli::{Context, runtime},
    config::formats::ByteSize,
    error::Result,
    infer::{self, InferOptions},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A file, a folder, or a pattern such as 'exports/orders_*.csv'
    path: String,
    /// How much text to read of each source, such as 512MB
    #[arg(long, value_name = "SIZE", default_value = "64MB", value_parser = size)]
    sample_bytes: ByteSize,
    /// Read everything, however much it is
    #[arg(long, conflicts_with = "sample_bytes")]
    full: bool,
}

fn size(text: &str) -> Result<ByteSize, String> {
    text.parse()
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let options = InferOptions {
        path: arguments.path,
        project_dir: context.global.project_dir.clone().unwrap_or_else(|| PathBuf::from(".")),
        sample_bytes: if arguments.full { u64::MAX } else { arguments.sample_bytes.0 },
    };
    let threads = context.global.threads.unwrap_or(2);
    let inferred = runtime::block_on(threads, infer::infer(&options))?;
    context.printer.diagnostics(&inferred.warnings);
    context.printer.result(&inferred, infer::Inferred::yaml)
}
