/*!
`journeymart docs [PIPELINE] DIR`: what the tables mean and where their columns come from, as
Markdown.
*/

use std::{fs, path::PathBuf};

use serde::Serialize;

use crate::{
    cli::{Context, runtime},
    error::{Error, Result, codes},
    report,
    run::manifest::manifest,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The pipeline file, where its own tables matter, and the folder to write to
    #[arg(value_name = "[PIPELINE] DIR", num_args = 1..=2, required = true)]
    pipeline_and_dir: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Written {
    dir: PathBuf,
    tables: usize,
    files: Vec<String>,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let (pipeline, dir) = match <[PathBuf; 2]>::try_from(arguments.pipeline_and_dir) {
        Ok([pipeline, dir]) => (Some(pipeline), dir),
        Err(mut one) => (None, one.pop().unwrap_or_default()),
    };
    let project = context.project_or_library(pipeline)?;
    let engine = project.planner()?;
    let manifest = runtime::block_on(project.engine_options.threads, async {
        let (schemas, _) = project.catalog.check(&engine.state()).finish()?;
        Ok(manifest(&project, &engine.state(), &schemas))
    })?;
    let pages = report::pages(&manifest);
    for page in &pages {
        let file = dir.join(&page.path);
        let written = fs::create_dir_all(&dir).and_then(|()| fs::write(&file, &page.text));
        written.map_err(|error| {
            Error::failed(codes::CLI, format!("cannot write {}: {error}", file.display()))
        })?;
    }
    let written = Written {
        tables: manifest.tables.len(),
        files: pages.into_iter().map(|page| page.path).collect(),
        dir,
    };
    context.printer.result(&written, |written| {
        format!("wrote {} tables to {}", written.tables, written.dir.join("README.md").display())
    })
}
