/*!
`journeymart lineage [PIPELINE] TABLE[.COLUMN]`: what a table or column is made of.
*/

use std::path::PathBuf;

use serde::Serialize;

use crate::{
    catalog::{TableName, lineage::ColumnRef},
    cli::{Context, runtime},
    error::{Diagnostic, Error, Kind, Result, codes},
    run::manifest,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The pipeline file, where there are several, and the table or column
    #[arg(value_name = "[PIPELINE] TABLE[.COLUMN]", num_args = 1..=2, required = true)]
    pipeline_and_name: Vec<String>,
}

#[derive(Serialize)]
struct Upstream {
    name: String,
    /// Tables of a table, `schema.table.column` of a column; the nearest ones are not marked.
    from: Vec<String>,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let (pipeline, name) = match <[String; 2]>::try_from(arguments.pipeline_and_name) {
        Ok([pipeline, name]) => (Some(PathBuf::from(pipeline)), name),
        Err(mut one) => (None, one.pop().unwrap_or_default()),
    };
    let project = context.project(pipeline)?;
    let parts: Vec<&str> = name.split('.').collect();
    let (table, column) = match parts.as_slice() {
        [schema, table] => (TableName::new(schema, table), None),
        [schema, table, column] => (TableName::new(schema, table), Some((*column).to_owned())),
        _ => {
            return Err(Error::usage(codes::CLI, format!("`{name}` names no table or column"))
                .hint("write schema.table or schema.table.column"));
        }
    };
    if !project.catalog.tables.contains_key(&table) {
        let names: Vec<String> = project.catalog.tables.keys().map(ToString::to_string).collect();
        let unknown = Diagnostic::error(codes::UNKNOWN_TABLE, format!("there is no table {table}"))
            .did_you_mean(&table.to_string(), names.iter().map(String::as_str));
        return Err(Error::new(Kind::Usage, unknown));
    }
    let from = match column {
        None => project
            .catalog
            .order(std::slice::from_ref(&table))
            .into_iter()
            .filter(|name| *name != table)
            .map(|name| name.to_string())
            .collect(),
        Some(column) => {
            let engine = project.planner()?;
            runtime::block_on(project.engine_options.threads, async {
                let (schemas, _) = project.check(&engine)?;
                let known =
                    schemas.get(&table).is_some_and(|schema| schema.index_of(&column).is_ok());
                if !known {
                    let message = format!("{table} has no column `{column}`");
                    return Err(Error::usage(codes::UNKNOWN_COLUMN, message));
                }
                let column = ColumnRef { table: table.clone(), column };
                Ok(manifest::origins(&project, &engine.state(), &schemas, &column))
            })?
        }
    };
    if from.is_empty() {
        context.printer.note(&format!("no other table or column goes into {name}"));
    }
    let found = Upstream { name, from };
    context.printer.result(&found, |found| found.from.join("\n"))
}
