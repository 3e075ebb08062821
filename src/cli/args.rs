/*!
What can be typed. Nothing here is resolved yet: a field holds what the user wrote, or nothing.
*/

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::commands;

/// Batch ETL for customer journey analytics: exports in, published Parquet marts out.
#[derive(Debug, Parser)]
#[command(name = "journeymart", version, arg_required_else_help = true, infer_subcommands = false)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct GlobalArgs {
    /// Folder of the project; by default the one above the pipeline's folder, else the current one
    #[arg(long, global = true, env = "JOURNEYMART_PROJECT_DIR", value_name = "DIR")]
    pub(crate) project_dir: Option<PathBuf>,
    /// Target of the pipeline whose locations, parameters and engine settings apply
    #[arg(short, long, global = true, env = "JOURNEYMART_TARGET")]
    pub(crate) target: Option<String>,
    /// Sets a parameter; may be repeated
    #[arg(long = "param", global = true, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) params: Vec<(String, String)>,
    /// Threads to compute with
    #[arg(long, global = true, env = "JOURNEYMART_THREADS", value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Memory that all operators share, such as 1GB
    #[arg(long, global = true, env = "JOURNEYMART_MEMORY_LIMIT", value_name = "SIZE")]
    pub(crate) memory_limit: Option<String>,
    /// Rows per batch inside the engine; results never depend on it
    #[arg(long, global = true, env = "JOURNEYMART_BATCH_SIZE", value_name = "ROWS", hide = true)]
    pub(crate) batch_size: Option<usize>,
    /// How results are printed on standard output
    #[arg(long, global = true, env = "JOURNEYMART_OUTPUT", value_enum, default_value = "text")]
    pub(crate) output: Output,
    /// How progress and messages are written on standard error
    #[arg(long, global = true, env = "JOURNEYMART_LOG_FORMAT", value_enum, default_value = "text")]
    pub(crate) log_format: LogFormat,
    /// Say only what went wrong
    #[arg(short, long, global = true, env = "JOURNEYMART_QUIET", conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more
    #[arg(short, long, global = true, env = "JOURNEYMART_VERBOSE")]
    pub(crate) verbose: bool,
    /// Print no colours
    #[arg(long, global = true, env = "JOURNEYMART_NO_COLOR")]
    pub(crate) no_color: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

/// The pipeline a command works on.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PipelineArg {
    /// Pipeline file; by default the only one in `pipelines/`
    #[arg(value_name = "PIPELINE")]
    pub(crate) pipeline: Option<PathBuf>,
}

/// Which tables a command works on, in dbt's grammar.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SelectArgs {
    /// Tables to work on: `marts.churn`, `+core.orders`, `tag:daily`; spaces add, commas intersect
    #[arg(short, long, env = "JOURNEYMART_SELECT", value_name = "SELECTOR", num_args = 1..)]
    pub(crate) select: Vec<String>,
    /// Tables to leave out
    #[arg(long, env = "JOURNEYMART_EXCLUDE", value_name = "SELECTOR", num_args = 1..)]
    pub(crate) exclude: Vec<String>,
}

macro_rules! commands {
    ($($(#[$meta:meta])* $variant:ident => $module:ident),* $(,)?) => {
        #[derive(Debug, Subcommand)]
        pub(crate) enum Command {
            $($(#[$meta])* $variant(commands::$module::Arguments),)*
        }

        impl Command {
            /// Runs the command; its results go to the printer.
            pub(crate) fn run(
                self,
                context: &super::Context,
            ) -> crate::error::Result<()> {
                match self {
                    $(Self::$variant(arguments) => commands::$module::run(context, arguments),)*
                }
            }
        }
    };
}

commands! {
    /// Parse, plan and type everything; read no rows; report all errors at once
    Check => check,
    /// Empty the cache; published marts and history stay
    Clean => clean,
    /// Print the shell completions
    Completions => completions,
    /// Write a synthetic company's exports to try things on
    Demo => demo,
    /// Write pages about the tables: what they mean, where their columns come from
    Docs => docs,
    /// Explain a diagnostic code, a metric, a table or a column
    Explain => explain,
    /// List the SQL functions, or explain one
    Functions => functions,
    /// Look at an export and propose the `sources:` block that loads it
    Infer => infer,
    /// Write a small project that runs
    Init => init,
    /// Print what a table or column is made of
    Lineage => lineage,
    /// List the tables of the project and of the standard library
    Ls => ls,
    /// Print what a run would do, and why
    Plan => plan,
    /// List the vendors' exports that are known, or show one; for others there is `infer`
    Presets => presets,
    /// Ask a question in SQL; publishes nothing
    Query => query,
    /// Repeat a failed run with its parameters and clock
    Retry => retry,
    /// Publish the files of an earlier commit again
    Rollback => rollback,
    /// Load, transform, audit and publish
    #[command(alias = "build")]
    Run => run,
    /// List what ran here before
    Runs => runs,
    /// Print the JSON Schema of pipeline files
    Schema => schema,
    /// Print the first rows of a table, or its SQL
    Show => show,
    /// Run the SQL unit tests in tests/sql
    Test => test,
    /// Remove files that no kept commit names
    Vacuum => vacuum,
}

fn pair(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| format!("`{text}` is not NAME=VALUE"))
}
