/*!
A select that a user asks about the tables of a project, outside every file.
*/

use std::{collections::BTreeSet, sync::Arc};

use datafusion::{logical_expr::LogicalPlan, sql::parser::Statement};

use super::{Catalog, TableName, check::planning_faults, params, sql};
use crate::{
    engine::Engine,
    error::{Diagnostic, Diagnostics, Error, Kind, Result, codes},
};

/// What messages call the text of a question.
const FILE: &str = "query";

/// A parsed question with its parameters bound.
#[derive(Debug, Clone)]
pub struct Question {
    text: Arc<str>,
    statement: Statement,
    /// The tables it reads.
    pub inputs: BTreeSet<TableName>,
}

impl Question {
    /// The plan of the answer, once its tables are registered.
    pub async fn plan(&self, engine: &Engine) -> Result<LogicalPlan> {
        let planned = engine.state().statement_to_plan(self.statement.clone()).await;
        planned.map_err(|error| Error {
            kind: Kind::Usage,
            diagnostics: planning_faults(FILE, &self.text, &error),
        })
    }
}

impl Catalog {
    /// Parses one select and looks its tables up.
    pub fn question(&self, text: &str) -> Result<Question> {
        self.question_about(text, &self.tables.keys().cloned().collect())
    }

    /// Parses one select that may read these tables.
    pub fn question_about(&self, text: &str, tables: &BTreeSet<TableName>) -> Result<Question> {
        let text: Arc<str> = text.into();
        let mut query =
            sql::parse(FILE, &text).map_err(|diagnostic| Error::new(Kind::Usage, diagnostic))?;
        let mut found = Diagnostics::default();
        let mut inputs = BTreeSet::new();
        let names: Vec<String> = tables.iter().map(ToString::to_string).collect();
        for relation in sql::relations(&query) {
            match relation.table().filter(|name| tables.contains(name)) {
                Some(name) => {
                    inputs.insert(name);
                }
                None => {
                    let wrong = relation.parts.join(".");
                    found.push(
                        Diagnostic::error(
                            codes::UNKNOWN_TABLE,
                            format!("there is no table {wrong}"),
                        )
                        .at(sql::span_place(FILE, &text, relation.span))
                        .did_you_mean(&wrong, names.iter().map(String::as_str)),
                    );
                }
            }
        }
        let bound = params::bind(&mut query, &self.values);
        for (name, span) in bound.unknown {
            found.push(
                Diagnostic::error(codes::UNKNOWN_PARAM, format!("`${name}` is no parameter"))
                    .at(sql::span_place(FILE, &text, span))
                    .did_you_mean(&name, self.values.keys().map(String::as_str)),
            );
        }
        found.finish()?;
        Ok(Question { text, statement: sql::statement(query), inputs })
    }
}
