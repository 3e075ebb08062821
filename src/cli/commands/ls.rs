/*!
`journeymart ls`: the tables of the project and of the standard library.
*/

use serde::Serialize;

use crate::{
    catalog::Origin,
    cli::{
        Context,
        args::{PipelineArg, SelectArgs},
    },
    error::Result,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pipeline: PipelineArg,
    #[command(flatten)]
    select: SelectArgs,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    kind: &'static str,
    origin: &'static str,
    file: String,
    description: Option<String>,
    /// Whether a run publishes it.
    is_built: bool,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let project = context.project(arguments.pipeline.pipeline)?;
    let catalog = &project.catalog;
    let built = catalog.built_marts();
    let selected = catalog.select(&arguments.select.select, &arguments.select.exclude)?;
    let listed: Vec<Listed> = catalog
        .tables
        .values()
        .filter(|node| selected.contains(&node.name))
        .map(|node| Listed {
            name: node.name.to_string(),
            kind: node.kind.as_str(),
            origin: match node.origin {
                Origin::Project => "project",
                Origin::Library => "library",
            },
            file: node.file.clone(),
            description: node.header.description.as_ref().map(|text| text.trim().to_owned()),
            is_built: built.contains(&node.name),
        })
        .collect();
    context.printer.result(&listed, |listed| {
        let name = listed.iter().map(|table| table.name.len()).max().unwrap_or(0);
        listed
            .iter()
            .map(|table| {
                format!(
                    "{:name$}  {:9}  {:7}  {}\n",
                    table.name, table.kind, table.origin, table.file
                )
            })
            .collect()
    })
}
