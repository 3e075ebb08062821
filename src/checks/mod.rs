/*!
Contracts, data checks, row accounting and SQL unit tests.

A [`Check`] is a question about one table, asked as SQL that returns the rows that break it. Where
the table lies is the caller's business: `run` asks about the staged files, before anything is
published.
*/

use datafusion::arrow::{
    array::{Array, ArrayRef},
    util::display::{ArrayFormatter, FormatOptions},
};

use crate::{
    engine::{Engine, errors},
    error::{Diagnostic, Diagnostics, Error, Result, Severity, codes},
};

mod ascending;
pub mod cases;
pub mod rows;

/// One rule and the SQL that finds its violations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// How the rule is named in results: a predicate, `grain`, or a sentence.
    pub name: String,
    pub severity: Severity,
    kind: Kind,
    /// Returns the violating rows, or enough of each to recognise it.
    sql: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// That no row shares these columns with another, in SQL.
    Grain(String),
    Rule,
}

/// How a check came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Rows that violate the rule.
    pub failures: u64,
    pub diagnostic: Option<Diagnostic>,
}

/// Violating rows that a message shows.
const SHOWN: usize = 3;

/// The rules that a table's own declarations state: its grain and its predicates.
pub fn declared(table: &str, grain: &[String], predicates: &[String]) -> Vec<Check> {
    let mut checks = Vec::new();
    if !grain.is_empty() {
        let keys = grain.iter().map(|column| quoted(column)).collect::<Vec<_>>();
        let nulls = keys.iter().map(|key| format!("{key} is null")).collect::<Vec<_>>();
        let keys = keys.join(", ");
        checks.push(Check {
            name: "grain".to_owned(),
            severity: Severity::Error,
            kind: Kind::Grain(keys.clone()),
            sql: format!(
                "select {keys} from {table} group by {keys} having count(*) > 1 or {}",
                nulls.join(" or ")
            ),
        });
    }
    checks.extend(predicates.iter().map(|predicate| Check {
        name: predicate.clone(),
        severity: Severity::Error,
        kind: Kind::Rule,
        // As in a SQL check constraint, unknown is no violation.
        sql: format!("select * from {table} where ({predicate}) is false"),
    }));
    checks
}

/// The checks of a `<table>.check.sql` file: statements that return violating rows, each behind a
/// line `-- fail: <sentence>` or `-- warn: <sentence>`. Empty lines before each keep it on the lines
/// that it has in the file.
pub fn from_file(file: &str, text: &str) -> Result<Vec<Check>> {
    let mut checks: Vec<Check> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let heading = [("-- fail:", Severity::Error), ("-- warn:", Severity::Warning)]
            .into_iter()
            .find_map(|(mark, severity)| Some((line.strip_prefix(mark)?, severity)));
        match (heading, checks.last_mut()) {
            (Some((sentence, severity)), _) => checks.push(Check {
                name: sentence.trim().to_owned(),
                severity,
                kind: Kind::Rule,
                sql: "\n".repeat(number + 1),
            }),
            (None, Some(check)) => {
                check.sql.push_str(line);
                check.sql.push('\n');
            }
            (None, None) if line.trim().is_empty() || line.starts_with("--") => {}
            (None, None) => {
                return Err(Error::usage(
                    codes::SQL_HEADER,
                    format!("{file}:{}: a statement without a heading", number + 1),
                )
                .hint("put `-- fail: <sentence>` or `-- warn: <sentence>` above it"));
            }
        }
    }
    for check in &mut checks {
        let end = check.sql.trim_end().trim_end_matches(';').trim_end().len();
        check.sql.truncate(end);
    }
    Ok(checks)
}

impl Check {
    /// The statement that returns the violating rows.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// Asks the question about the tables registered in the engine.
    pub async fn run(&self, engine: &Engine, table: &str) -> Result<Outcome> {
        // A mart is written in the order of its grain.
        if let Kind::Grain(keys) = &self.kind
            && ascending::ascends(engine, table, keys)
                .await
                .map_err(|error| self.unanswered(table, &error))?
        {
            return Ok(Outcome { failures: 0, diagnostic: None });
        }
        let found = engine
            .context()
            .sql(&self.sql)
            .await
            .map_err(|error| self.unanswered(table, &error))?;
        let failures =
            found.clone().count().await.map_err(|error| self.unanswered(table, &error))? as u64;
        if failures == 0 {
            return Ok(Outcome { failures, diagnostic: None });
        }
        let mut examples = Vec::new();
        let batches = found
            .limit(0, Some(SHOWN))
            .map_err(|error| self.unanswered(table, &error))?
            .collect()
            .await
            .map_err(|error| self.unanswered(table, &error))?;
        for batch in batches {
            for row in 0..batch.num_rows() {
                examples.push(described(batch.columns(), &batch.schema(), row)?);
            }
        }
        let (code, what) = match &self.kind {
            Kind::Grain(_) => (
                codes::GRAIN,
                format!("{table}: {failures} keys of the grain are null or stand in several rows"),
            ),
            Kind::Rule => {
                (codes::CHECK_FAILED, format!("{table}: {failures} rows violate `{}`", self.name))
            }
        };
        let diagnostic = match self.severity {
            Severity::Error => Diagnostic::error(code, what),
            Severity::Warning => Diagnostic::warning(code, what),
        };
        Ok(Outcome {
            failures,
            diagnostic: Some(diagnostic.hint(format!("for instance {}", examples.join("; ")))),
        })
    }

    fn unanswered(&self, table: &str, error: &datafusion::error::DataFusionError) -> Error {
        let error = errors::convert(error);
        let mut found = Diagnostics::default();
        found.extend(error.diagnostics.into_iter().map(|mut diagnostic| {
            diagnostic.message = format!("{table}: check `{}`: {}", self.name, diagnostic.message);
            diagnostic
        }));
        found.finish().err().map_or_else(
            || Error::failed(codes::CHECK_FAILED, self.name.clone()),
            |collected| Error { kind: error.kind, diagnostics: collected.diagnostics },
        )
    }
}

/// A name as SQL writes it whatever it is called.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn described(
    columns: &[ArrayRef],
    schema: &datafusion::arrow::datatypes::Schema,
    row: usize,
) -> Result<String> {
    /// Wide rows are recognised by their first columns.
    const COLUMNS: usize = 6;
    let mut parts = Vec::new();
    for (column, field) in columns.iter().zip(schema.fields()).take(COLUMNS) {
        let options = FormatOptions::default().with_null("null");
        let formatter = ArrayFormatter::try_new(column.as_ref(), &options)
            .map_err(|error| errors::convert(&error.into()))?;
        debug_assert!(row < column.len());
        parts.push(format!("{} = {}", field.name(), formatter.value(row)));
    }
    Ok(parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::EngineOptions;

    async fn outcomes(rows: &str, grain: &[&str], predicates: &[&str]) -> Vec<Outcome> {
        let folder = tempfile::tempdir().unwrap();
        let engine =
            Engine::new(EngineOptions::for_this_machine(folder.path().to_owned())).unwrap();
        let plan = engine.state().create_logical_plan(rows).await.unwrap();
        let table = engine.materialize("t", &plan).await.unwrap();
        engine.register("marts", "t", std::sync::Arc::new(table)).unwrap();
        let strings = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let (grain, predicates): (Vec<_>, Vec<_>) = (strings(grain), strings(predicates));
        let mut found = Vec::new();
        for check in declared("marts.t", &grain, &predicates) {
            found.push(check.run(&engine, "marts.t").await.unwrap());
        }
        found
    }

    #[tokio::test]
    async fn a_grain_is_unique_and_never_null() {
        let rows = "select * from (values ('a', 1), ('a', 1), ('b', 1), (null, 2)) as t(k, n)";
        let found = outcomes(rows, &["k"], &[]).await;
        assert_eq!(found[0].failures, 2);
        let diagnostic = found[0].diagnostic.clone().unwrap();
        assert_eq!(diagnostic.code, codes::GRAIN);
        assert!(diagnostic.hint.unwrap().contains("k = a"));
        assert_eq!(outcomes("select 'a' as k, 1 as n", &["k"], &[]).await[0].failures, 0);
    }

    /// In order they would be two.
    #[tokio::test]
    async fn both_zeros_are_one_key() {
        let rows = "select * from (values (cast('-0.0' as double)), (0.0)) as t(k)";
        assert_eq!(outcomes(rows, &["k"], &[]).await[0].failures, 1);
    }

    #[tokio::test]
    async fn predicates_count_violations_and_let_unknown_pass() {
        let rows = "select * from (values (1), (-1), (-2), (null)) as t(n)";
        let found = outcomes(rows, &[], &["n >= 0", "n < 5"]).await;
        assert_eq!(found.iter().map(|outcome| outcome.failures).collect::<Vec<_>>(), [2, 0]);
    }

    #[test]
    fn check_files_hold_one_statement_per_heading() {
        let text = "-- note\n\n-- fail: sums agree\nselect 1\nwhere false;\n-- warn: few rows\nselect 2;\n";
        let checks = from_file("sql/marts/t.check.sql", text).unwrap();
        assert_eq!(checks[0].name, "sums agree");
        assert_eq!(checks[0].sql(), "\n\n\nselect 1\nwhere false");
        assert_eq!(checks[1].severity, Severity::Warning);
        let error = from_file("sql/marts/t.check.sql", "select 1").unwrap_err();
        assert!(error.to_string().contains("t.check.sql:1"));
    }
}
