/*!
The static check: every file planned against declared columns, all faults of all files at once.

Tables are planned in levels, each level on every core, against empty tables with the columns of the
levels before. Where a file does not plan, the columns that its header declares stand in for it, so
that one fault does not hide those of its readers.
*/

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    arrow::datatypes::{DataType, SchemaRef},
    execution::SessionState,
    logical_expr::LogicalPlan,
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
mod planner;
mod recover;
mod refusals;
mod slots;
mod surprises;

pub use planner::Planner;

use faults::Fault;

/// The columns of every table that could be planned, and everything that is wrong.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    pub schemas: BTreeMap<TableName, SchemaRef>,
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// The columns and the warnings, or a usage error with everything found.
    pub fn finish(self) -> Result<(BTreeMap<TableName, SchemaRef>, Vec<Diagnostic>)> {
        let mut found = Diagnostics::default();
        found.extend(self.diagnostics);
        Ok((self.schemas, found.finish()?))
    }
}

/// A finding that is an error in shipped SQL and a warning in an analyst's.
fn doubt(node: &Node, span: Span, message: &str, hint: &str) -> Diagnostic {
    let mut diagnostic = node.error(codes::DOUBTFUL_SQL, span, message).hint(hint);
    if !refusals::is_shipped(node) {
        diagnostic.severity = Severity::Warning;
    }
    diagnostic
}

impl Catalog {
    /// Plans every table without reading a row.
    pub fn check(&self, state: &SessionState) -> Checked {
        let planner = Planner::new(state);
        let mut checked = Checked { diagnostics: self.faults.clone(), ..Checked::default() };
        for level in self.levels() {
            let reports = parallel::map(&level, |node| self.check_node(&planner, node));
            for (node, (schema, found)) in level.iter().zip(reports) {
                checked.diagnostics.extend(found);
                let Some(schema) = schema else { continue };
                if let Err(error) = planner.add(&node.name, Arc::clone(&schema)) {
                    let fault = crate::engine::errors::convert(&error);
                    checked.diagnostics.extend(fault.diagnostics);
                }
                checked.schemas.insert(node.name.clone(), schema);
            }
        }
        checked.diagnostics.sort_by_cached_key(place_key);
        checked.diagnostics.dedup();
        checked
    }

    /// The tables in steps, each of which reads only earlier ones.
    fn levels(&self) -> Vec<Vec<&Node>> {
        let mut depths: BTreeMap<&TableName, usize> = BTreeMap::new();
        let mut levels: Vec<Vec<&Node>> = Vec::new();
        for name in graph::order(&self.tables, self.tables.keys()) {
            let node = &self.tables[&name];
            let depth = node.inputs.iter().filter_map(|input| depths.get(input)).max();
            let depth = depth.map_or(0, |depth| depth + 1);
            depths.insert(&node.name, depth);
            if levels.len() <= depth {
                levels.resize_with(depth + 1, Vec::new);
            }
            levels[depth].push(node);
        }
        levels
    }

    /// The columns of a table, and what is wrong with its file.
    fn check_node(&self, planner: &Planner, node: &Node) -> (Option<SchemaRef>, Vec<Diagnostic>) {
        let Some(query) = &node.query else { return (node.declared_schema(), Vec::new()) };
        let mut found = Vec::new();
        // What the engine itself wrote needs no judgement.
        let is_written = !matches!(node.kind, Kind::Contract { .. });
        if is_written {
            found.extend(refusals::find(node, query));
        }
        let planned = planner.plan(query).and_then(|plan| planner.analyze(plan));
        let plan = match planned {
            Ok(plan) => plan,
            Err(_) => {
                let missing = self.missing_tables(planner, query);
                let recovered = recover::recover(planner, query, &missing);
                for (fault, span) in recovered.faults {
                    found.push(fault.into_diagnostic(Some(node.locate(span))));
                }
                // Judged as far as it goes; the columns are those that the header promises, else
                // those that were returned, unless some are stand-ins.
                if let Some(plan) = &recovered.plan {
                    found.extend(surprises::find(node, query, plan));
                }
                let planned = recovered.plan.map(|plan| output(&plan)).filter(is_typed);
                return (node.declared_schema().or(planned), found);
            }
        };
        let schema = output(&plan);
        if is_written {
            found.extend(surprises::find(node, query, &plan));
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
        (Some(schema), found)
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

fn output(plan: &LogicalPlan) -> SchemaRef {
    Arc::clone(plan.schema().inner())
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
