/*!
`journeymart show [PIPELINE] TABLE`: the first rows of a table, or its SQL.
*/

use std::path::PathBuf;

use serde::Serialize;

use super::query;
use crate::{
    catalog::name::TableName,
    cli::Context,
    error::{Diagnostic, Error, Kind, Result, codes},
    run::query::QueryOptions,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The pipeline file, where there are several, and the table
    #[arg(value_name = "[PIPELINE] TABLE", num_args = 1..=2, required = true)]
    pipeline_and_table: Vec<String>,
    /// Print the SQL that fills the table, parameters put in
    #[arg(long, conflicts_with_all = ["published", "limit"])]
    sql: bool,
    /// Read what is published instead of computing
    #[arg(long)]
    published: bool,
    /// Print at most so many rows
    #[arg(long, value_name = "ROWS", default_value_t = 20)]
    limit: usize,
}

#[derive(Serialize)]
struct Definition {
    table: String,
    file: String,
    sql: String,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let (pipeline, table) = match <[String; 2]>::try_from(arguments.pipeline_and_table) {
        Ok([pipeline, table]) => (Some(PathBuf::from(pipeline)), table),
        Err(mut one) => (None, one.pop().unwrap_or_default()),
    };
    let Some(name) = TableName::parse(&table) else {
        return Err(Error::usage(codes::CLI, format!("`{table}` is no table name"))
            .hint("tables are named schema.table, such as marts.churn"));
    };
    if arguments.sql {
        return definition(context, pipeline, &name);
    }
    let quoted = format!("\"{}\".\"{}\"", name.schema, name.name);
    let options = QueryOptions {
        sql: format!("select * from {quoted}"),
        limit: Some(arguments.limit),
        published: arguments.published,
    };
    query::answer(context, pipeline, &options)
}

fn definition(context: &Context, pipeline: Option<PathBuf>, name: &TableName) -> Result<()> {
    let project = context.project(pipeline)?;
    let Some(node) = project.catalog.tables.get(name) else {
        let names: Vec<String> = project.catalog.tables.keys().map(ToString::to_string).collect();
        let unknown = Diagnostic::error(codes::UNKNOWN_TABLE, format!("there is no table {name}"))
            .did_you_mean(&name.to_string(), names.iter().map(String::as_str));
        return Err(Error::new(Kind::Usage, unknown));
    };
    let sql = node.query.as_ref().map_or_else(
        || format!("-- {name} is not filled by SQL ({})", node.kind.as_str()),
        |query| format!("{query:#}"),
    );
    let definition = Definition { table: name.to_string(), file: node.file.clone(), sql };
    context.printer.result(&definition, |found| found.sql.clone())
}
