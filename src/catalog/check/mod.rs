/*!
The static check: every file planned against declared columns, all faults of all files at once.

Tables are planned on every core, each after what it reads, against empty tables with the columns
that were found. Where a file does not plan, the columns that its header declares stand in for it, so
that one fault does not hide those of its readers.
*/

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use datafusion::{
    arrow::datatypes::{DataType, SchemaRef},
    error::DataFusionError,
    execution::SessionState,
    sql::sqlparser::{ast::Query, tokenizer::Span},
};

use crate::error::{Diagnostic, Diagnostics, Result, Severity, codes};

use super::{
    Catalog, graph,
    name::TableName,
    node::{Kind, Node},
    parallel, sql,
};

mod columns;
mod faults;
mod kept;
mod laws;
mod names;
mod parts;
mod planner;
mod recover;
mod refusals;
mod slots;
mod surprises;

pub use kept::Kept;
pub use planner::Planner;

use faults::Fault;
use kept::{Columns, Outcome};

/// The columns of tables.
pub type Schemas = BTreeMap<TableName, SchemaRef>;

/// The columns of every table that could be planned, and everything that is wrong.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    pub schemas: Schemas,
    pub diagnostics: Vec<Diagnostic>,
    /// What the next check of these files need not find out again.
    pub kept: Kept,
}

impl Checked {
    /// The columns and the warnings, or a usage error with everything found.
    pub fn finish(self) -> Result<(Schemas, Vec<Diagnostic>)> {
        let mut found = Diagnostics::default();
        found.extend(self.diagnostics);
        Ok((self.schemas, found.finish()?))
    }
}

/// What the planner has against one statement, in its text.
pub(super) fn planning_faults(
    file: &str,
    text: &Arc<str>,
    error: &DataFusionError,
) -> Vec<Diagnostic> {
    let placed = |fault: Fault| {
        let place = fault.span.map(|span| sql::span_place(file, text, span));
        fault.into_diagnostic(place)
    };
    Fault::all(error).into_iter().map(placed).collect()
}

/// A finding that is an error in shipped SQL and a warning in an analyst's.
fn doubt(node: &Node, span: Span, message: &str, hint: &str) -> Diagnostic {
    let mut diagnostic = node.error(codes::DOUBTFUL_SQL, span, message).hint(hint);
    if !refusals::is_shipped(node) {
        diagnostic.severity = Severity::Warning;
    }
    diagnostic
}

/// What came of one table.
struct Judged {
    schema: Option<SchemaRef>,
    found: Vec<Diagnostic>,
    /// Whether the columns are those of the plan, and not what had to stand in for them.
    is_planned: bool,
}

impl Catalog {
    /// Plans every table without reading a row.
    pub fn check(&self, state: &SessionState) -> Checked {
        self.check_again(state, &Kept::default())
    }

    /// Plans every table that may differ from what an earlier check kept, without reading a row.
    pub fn check_again(&self, state: &SessionState, earlier: &Kept) -> Checked {
        let planner = Planner::new(state);
        let settings = kept::settings(state);
        let nodes: Vec<&Node> = graph::order(&self.tables, self.tables.keys())
            .iter()
            .map(|name| &self.tables[name])
            .collect();
        let inputs = inputs(&nodes);
        let columns: Vec<OnceLock<Columns>> = nodes.iter().map(|_| OnceLock::new()).collect();
        let reports = parallel::in_order(&inputs, |index| {
            let node = nodes[index];
            let known =
                inputs[index].iter().map(|input| (&nodes[*input].name, columns[*input].get()));
            let key = kept::key(&settings, node, &known.collect::<Vec<_>>());
            let replayed = key.as_ref().and_then(|key| earlier.get(key)?.replay(node));
            let (own, mut found, is_planned) = match replayed {
                Some((own, found)) => (Some(own), found, true),
                None => {
                    let Judged { schema, found, is_planned } = self.judge(&planner, node);
                    (schema.map(Columns::of), found, is_planned)
                }
            };
            let Some(own) = own else { return (found, None) };
            if let Err(error) = planner.add(&node.name, Arc::clone(&own.schema)) {
                found.extend(crate::engine::errors::convert(&error).diagnostics);
            }
            let outcome = if is_planned { Outcome::of(node, &own, &found) } else { None };
            columns[index].get_or_init(|| own);
            (found, key.zip(outcome))
        });
        let mut checked = Checked { diagnostics: self.faults.clone(), ..Checked::default() };
        let mut outcomes = Vec::new();
        for (found, outcome) in reports {
            checked.diagnostics.extend(found);
            outcomes.extend(outcome);
        }
        for (node, columns) in nodes.iter().zip(columns) {
            let schema = columns.into_inner().map(|columns| columns.schema);
            checked.schemas.extend(schema.map(|schema| (node.name.clone(), schema)));
        }
        checked.kept = outcomes.into_iter().collect();
        let laws = parallel::map(&nodes, |node| self.check_laws(&planner, node));
        checked.diagnostics.extend(laws.into_iter().flatten());
        checked.diagnostics.extend(self.lawless());
        checked.diagnostics.sort_by_cached_key(place_key);
        checked.diagnostics.dedup();
        checked
    }

    /// Finds the columns of a table, and what is wrong with its file.
    fn judge(&self, planner: &Planner, node: &Node) -> Judged {
        let Some(query) = &node.query else {
            return Judged { schema: node.declared_schema(), found: Vec::new(), is_planned: false };
        };
        let mut found = Vec::new();
        // What the engine itself wrote needs no judgement.
        let is_written = !matches!(node.kind, Kind::Contract { .. });
        if is_written {
            found.extend(refusals::find(node, query));
        }
        let Ok(parts) = planner.try_plan_parts(query) else {
            return self.judge_faulty(planner, node, query, found);
        };
        let schema = parts.schema();
        if is_written {
            found.extend(surprises::find(node, query, &parts));
            found.extend(columns::compare(node, query, &schema));
            found.extend(columns::named_columns(node, &schema));
            found.extend(self.check_predicates(planner, node, &schema));
        }
        if let Kind::Mapping { contract, .. } = &node.kind
            && let Some(Kind::Contract { contract: columns, .. }) =
                self.tables.get(&TableName::new("inbound", contract)).map(|node| &node.kind)
        {
            found.extend(columns::fits_contract(node, query, &schema, contract, columns));
        }
        if node.name.schema == "marts" {
            found.extend(columns::mart_types(node, query, &schema));
        }
        Judged { schema: Some(schema), found, is_planned: true }
    }

    /// Finds all faults of a query that does not plan, and the columns that stand in for its own.
    fn judge_faulty(
        &self,
        planner: &Planner,
        node: &Node,
        query: &Query,
        mut found: Vec<Diagnostic>,
    ) -> Judged {
        let missing = self.missing_tables(planner, query);
        let recovered = recover::recover(planner, query, &missing);
        for (fault, span) in recovered.faults {
            found.push(fault.into_diagnostic(Some(node.locate(span))));
        }
        // Judged as far as it goes; the columns are those that the header promises, else those that
        // were returned, unless some are stand-ins.
        if let Some(parts) = &recovered.plan {
            found.extend(surprises::find(node, query, parts));
        }
        let planned = recovered.plan.map(|parts| parts.schema()).filter(is_typed);
        Judged { schema: node.declared_schema().or(planned), found, is_planned: false }
    }

    /// The places of tables that do not exist or whose columns nobody knows.
    fn missing_tables(&self, planner: &Planner, query: &Query) -> Vec<Span> {
        sql::relations(query)
            .into_iter()
            .filter(|relation| relation.table().is_none_or(|name| !planner.knows(&name)))
            .map(|relation| relation.span)
            .collect()
    }

    /// Plans the header's predicates over the columns of their own table.
    fn check_predicates(
        &self,
        planner: &Planner,
        node: &Node,
        schema: &SchemaRef,
    ) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (index, predicate) in node.header.checks.iter().enumerate() {
            let place = || node.header_place(&["checks", &index.to_string()]);
            match planner.plan_predicate(predicate, schema) {
                Ok(DataType::Boolean) => {}
                Ok(of) => found.push(
                    Diagnostic::error(
                        codes::SQL_PLAN,
                        format!("a check is true or false, not {of}"),
                    )
                    .at(place()),
                ),
                Err(error) => found.extend(
                    Fault::all(&error)
                        .into_iter()
                        .map(|fault| fault.into_diagnostic(Some(place()))),
                ),
            }
        }
        found
    }
}

/// The positions of the tables that each one reads; where a cycle closes, there is none.
fn inputs(nodes: &[&Node]) -> Vec<Vec<usize>> {
    let positions: BTreeMap<&TableName, usize> =
        nodes.iter().enumerate().map(|(position, node)| (&node.name, position)).collect();
    let known = |(own, node): (usize, &&Node)| {
        let inputs = node.inputs.iter().filter_map(|input| positions.get(input).copied());
        inputs.filter(|input| *input < own).collect()
    };
    nodes.iter().enumerate().map(known).collect()
}

/// Whether every column has a type; what reads others cannot be judged.
fn is_typed(schema: &SchemaRef) -> bool {
    schema.fields().iter().all(|field| field.data_type() != &DataType::Null)
}

fn place_key(diagnostic: &Diagnostic) -> (String, u32, u32, String) {
    let (file, line, column) = diagnostic
        .location
        .as_ref()
        .map_or((String::new(), 0, 0), |at| (at.file.clone(), at.line, at.column));
    (file, line, column, diagnostic.message.clone())
}
