/*!
The command line: clap structs, one file per subcommand, rendering as text or JSON. Decides nothing.
*/

use std::path::PathBuf;

use clap::Parser;

mod args;
mod commands;
mod exit;
mod printer;
mod progress;
mod render;
mod runtime;
mod table;

use args::{Cli, GlobalArgs};
use printer::Printer;

use crate::{
    error::{Result, codes},
    run::project::{Project, ProjectOptions},
};

/// What every command is given.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) global: GlobalArgs,
    pub(crate) printer: Printer,
}

impl Context {
    /// Loads the project around a pipeline file, or around the only one.
    pub(crate) fn project(&self, pipeline: Option<PathBuf>) -> Result<Project> {
        Project::open(&self.project_options(pipeline))
    }

    /// Loads the named pipeline or the only one; where there is none to choose, the tables that
    /// every pipeline has.
    pub(crate) fn project_or_library(&self, pipeline: Option<PathBuf>) -> Result<Project> {
        let is_named = pipeline.is_some();
        match self.project(pipeline) {
            Err(error) if !is_named && error.is(codes::NO_PIPELINE) => {
                let dir = self.global.project_dir.clone().unwrap_or_else(|| ".".into());
                Project::of_text(&dir, "library", "version: 1\npipeline: library\nsources: {}\n")
            }
            opened => opened,
        }
    }

    /// What the command line says about the project.
    pub(crate) fn project_options(&self, pipeline: Option<PathBuf>) -> ProjectOptions {
        let global = &self.global;
        ProjectOptions {
            project_dir: global.project_dir.clone(),
            pipeline,
            target: global.target.clone(),
            params: global.params.clone(),
            threads: global.threads,
            memory_limit: global.memory_limit.clone(),
            batch_size: global.batch_size,
            now: None,
        }
    }
}

/// Runs the program and says how it ended.
pub fn main() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are results, everything else is a usage error.
            drop(error.print());
            return u8::try_from(error.exit_code())
                .unwrap_or(exit::code(crate::error::Kind::Usage));
        }
    };
    let printer = Printer::new(&cli.global);
    let context = Context { global: cli.global, printer };
    match cli.command.run(&context) {
        Ok(()) => exit::DONE,
        Err(error) => {
            context.printer.diagnostics(&error.diagnostics);
            exit::code(error.kind)
        }
    }
}
