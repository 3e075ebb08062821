//! A runner for `.slt` files, a subset of the format that SQL engines share: one session a file, a
//! statement, and what it must answer.
//!
//! ```text
//! # comment
//! statement ok
//! create table t as …
//!
//! query              rows in the order of the result; `query rowsort` in any order
//! select …
//! ----
//! 1 | NULL | (empty)
//!
//! error needs an integer
//! select …
//! ```
//!
//! `UPDATE_EXPECT=1` writes what came out into the file.

use std::{fmt::Write, path::Path};

use datafusion::{
    arrow::{
        array::RecordBatch,
        util::display::{ArrayFormatter, FormatOptions},
    },
    error::DataFusionError,
    execution::SessionStateBuilder,
    prelude::{SessionConfig, SessionContext},
};
use journeymart::{engine::rules, functions};

/// A session as the engine builds it, with a chosen degree of parallelism.
pub(crate) fn session(partitions: usize, batch_size: usize) -> SessionContext {
    let config = SessionConfig::new()
        .with_target_partitions(partitions)
        .with_batch_size(batch_size)
        .set_bool("datafusion.sql_parser.map_string_types_to_utf8view", false);
    let builder = SessionStateBuilder::new().with_default_features().with_config(config);
    SessionContext::new_with_state(
        rules::install(functions::install(builder, rules::extension_planners())).build(),
    )
}

/// Runs one file in two sessions that split the work differently and must agree.
pub(crate) async fn run(file: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let records: Vec<&str> =
        text.split("\n\n").filter(|record| !record.trim().is_empty()).collect();
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    for (partitions, batch_size) in [(1, 8192), (3, 2)] {
        let context = session(partitions, batch_size);
        let mut rewritten = Vec::new();
        for record in &records {
            let (head, body) = split_comments(record);
            let actual = evaluate(&context, body).await;
            if actual != body.trim_end() && !update {
                return Err(format!(
                    "{} with {partitions} partitions:\n{body}\n\nactually:\n{actual}\n",
                    file.display()
                ));
            }
            rewritten.push(format!("{head}{actual}"));
        }
        if update {
            let text = rewritten.join("\n\n") + "\n";
            return std::fs::write(file, text).map_err(|error| error.to_string());
        }
    }
    Ok(())
}

fn split_comments(record: &str) -> (&str, &str) {
    let record = record.trim_start_matches('\n');
    let length = record.split_inclusive('\n').take_while(|line| line.starts_with('#'));
    record.split_at(length.map(str::len).sum())
}

/// The record as it would have to read to pass.
async fn evaluate(context: &SessionContext, record: &str) -> String {
    let Some((directive, rest)) = record.split_once('\n') else { return String::new() };
    let (sql, expected) = rest.split_once("\n----").unwrap_or((rest, ""));
    let sql = sql.trim_end();
    let result = match context.sql(sql).await {
        Ok(frame) => frame.collect().await,
        Err(error) => Err(error),
    };
    match result {
        Err(error) => match directive.strip_prefix("error ") {
            Some(expected) if error.to_string().contains(expected) => format!("{directive}\n{sql}"),
            _ => format!("error {}\n{sql}", reason(&error)),
        },
        Ok(_) if directive == "statement ok" => format!("{directive}\n{sql}"),
        Ok(batches) => {
            let mut rows = render(&batches);
            let directive = match directive {
                "query rowsort" => {
                    let mut expected: Vec<String> =
                        expected.lines().skip(1).map(str::to_owned).collect();
                    let order = expected.clone();
                    rows.sort();
                    expected.sort();
                    if rows == expected {
                        rows = order;
                    }
                    directive
                }
                _ => "query",
            };
            let mut text = format!("{directive}\n{sql}\n----");
            for row in rows {
                write!(text, "\n{row}").unwrap();
            }
            text
        }
    }
}

/// The innermost message, without the kind of error before it.
fn reason(error: &DataFusionError) -> String {
    let message = error.find_root().to_string();
    let line = message.lines().next().unwrap_or_default();
    line.rsplit_once(" error: ").map_or(line, |(_, reason)| reason).to_owned()
}

/// One line a row.
pub(crate) fn render(batches: &[RecordBatch]) -> Vec<String> {
    let options = FormatOptions::default().with_null("NULL");
    let mut rows = Vec::new();
    for batch in batches {
        let columns: Vec<ArrayFormatter> = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options).unwrap())
            .collect();
        for row in 0..batch.num_rows() {
            let cells: Vec<String> = columns
                .iter()
                .map(|column| match column.value(row).to_string() {
                    text if text.is_empty() => "(empty)".to_owned(),
                    text => text,
                })
                .collect();
            rows.push(cells.join(" | "));
        }
    }
    rows
}
