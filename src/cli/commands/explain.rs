/*!
`journeymart explain [PIPELINE] SUBJECT`: a diagnostic code, or what a metric, table or column means.
*/

use std::path::PathBuf;

use serde::Serialize;

use crate::{
    cli::{Context, runtime},
    error::{Code, Result},
    run::{
        explain::{self, ExplainedColumn, Explanation},
        manifest::{ManifestTable, Setting, manifest},
    },
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The pipeline file, where its own tables matter, and a code such as JM0301, a metric such as
    /// renewal_rate, a table or schema.table.column
    #[arg(value_name = "[PIPELINE] SUBJECT", num_args = 1..=2, required = true)]
    pipeline_and_subject: Vec<String>,
}

#[derive(Serialize)]
struct CodeExplanation {
    code: Code,
    explanation: &'static str,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let (pipeline, subject) = match <[String; 2]>::try_from(arguments.pipeline_and_subject) {
        Ok([pipeline, subject]) => (Some(PathBuf::from(pipeline)), subject),
        Err(mut one) => (None, one.pop().unwrap_or_default()),
    };
    if let Some(code) = Code::parse(&subject) {
        let found = CodeExplanation { code, explanation: code.explanation() };
        return context
            .printer
            .result(&found, |found| format!("{}: {}", found.code, found.explanation));
    }
    let project = context.project_or_library(pipeline)?;
    let engine = project.planner()?;
    let found = runtime::block_on(project.engine_options.threads, async {
        let (schemas, _) = project.catalog.check(&engine.state()).finish()?;
        explain::explain(&manifest(&project, &engine.state(), &schemas), &subject)
    })?;
    context.printer.result(&found, text)
}

fn text(found: &Explanation) -> String {
    let tables = found.tables.iter().map(table_text);
    let mut parts: Vec<String> = tables.chain(found.columns.iter().map(column_text)).collect();
    if !found.also.is_empty() {
        parts.push(format!("also in {}\n", found.also.join(", ")));
    }
    parts.join("\n")
}

fn table_text(table: &ManifestTable) -> String {
    let mut page = Page::new(&table.name, table.description.as_deref());
    page.lines("definition", table.definition.as_deref());
    page.lines("authority", table.authority.as_deref());
    page.list("grain", &table.grain);
    page.list("reads", &table.inputs);
    page.settings(&table.settings);
    let width = table.columns.iter().map(|column| column.name.len()).max().unwrap_or(0);
    page.lines(
        "columns",
        table.columns.iter().map(|column| {
            let meaning = column.description.as_deref().unwrap_or("");
            format!("{:width$}  {:13}  {meaning}", column.name, column.column_type)
        }),
    );
    page.text
}

fn column_text(found: &ExplainedColumn) -> String {
    let column = &found.column;
    let unit = column.unit.as_ref().map_or_else(String::new, |unit| format!(", {unit}"));
    let name = format!("{}.{} ({}{unit})", found.table, column.name, column.column_type);
    let mut page = Page::new(&name, column.description.as_deref());
    page.lines("definition", column.definition.as_deref());
    page.lines("authority", column.authority.as_deref());
    page.lines("edge cases", &column.edge_cases);
    page.lines("table", found.table_description.as_deref());
    page.list("grain", &found.grain);
    page.list("made of", &column.from);
    page.settings(&found.settings);
    page.text
}

/// Labels on the left, what they label on the right.
struct Page {
    text: String,
}

const LABEL: usize = 12;

impl Page {
    fn new(title: &str, description: Option<&str>) -> Self {
        let description = description.map_or_else(String::new, |text| format!("  {text}\n"));
        Self { text: format!("{title}\n{description}") }
    }

    fn lines<T: AsRef<str>>(&mut self, label: &str, lines: impl IntoIterator<Item = T>) {
        let mut label = label;
        for line in lines {
            self.text += &format!("  {label:LABEL$}{}\n", line.as_ref().trim());
            label = "";
        }
    }

    fn list(&mut self, label: &str, names: &[String]) {
        self.lines(label, (!names.is_empty()).then(|| names.join(", ")));
    }

    fn settings(&mut self, settings: &[Setting]) {
        self.lines(
            "settings",
            settings.iter().map(|Setting { name, value, description }| {
                let meaning = description.as_ref().map_or_else(String::new, |it| format!(": {it}"));
                format!("{name} = {value}{meaning}")
            }),
        );
    }
}
