/*!
Publishing one mart: sorted, written under the run's version, then checked as it was written.
*/

use std::sync::Arc;

use datafusion::{
    logical_expr::{LogicalPlan, LogicalPlanBuilder},
    prelude::ident,
};

use crate::{
    catalog::{Catalog, Node, header::Header},
    checks::{self, Check},
    config::pipeline::MartConfig,
    engine::{Engine, errors},
    error::{Diagnostic, Result},
    plan::fingerprint::Fingerprint,
    publish::{MartSpec, Publisher, StagedMart},
    run::artifacts::{CheckResult, CheckStatus},
};

/// A mart that lies in the run's version folder, and how its checks came out.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) mart: StagedMart,
    pub(crate) checks: Vec<CheckResult>,
    pub(crate) findings: Vec<Diagnostic>,
}

impl Staged {
    /// Whether no check failed.
    pub(crate) fn is_sound(&self) -> bool {
        self.checks.iter().all(|check| check.status != CheckStatus::Fail)
    }
}

/// Writes a mart's rows in their published order.
pub(crate) async fn stage(
    engine: &Engine,
    publisher: &Publisher,
    node: &Node,
    fingerprint: &Fingerprint,
    config: Option<&MartConfig>,
    plan: LogicalPlan,
) -> Result<StagedMart> {
    let columns: Vec<String> =
        plan.schema().fields().iter().map(|field| field.name().clone()).collect();
    let order = sort_columns(&columns, &node.header, config);
    let sorted = LogicalPlanBuilder::from(plan)
        .sort(order.iter().map(|name| ident(name).sort(true, false)))
        .and_then(LogicalPlanBuilder::build)
        .map_err(|error| errors::convert(&error))?;
    let stream = engine.stream(&sorted).await?;
    let header = &node.header;
    let spec = MartSpec {
        name: node.name.name.clone(),
        fingerprint: fingerprint.to_string(),
        description: header.description.as_ref().map(|text| text.trim().to_owned()),
        definition: definition(header),
        grain: header.grain.clone(),
        sorted_by: order,
        columns: header
            .columns
            .iter()
            .filter_map(|(name, column)| Some((name.clone(), column.description.clone()?)))
            .collect(),
    };
    publisher.stage(spec, stream, engine.options().threads).await
}

/// The order of published rows: as asked, then the grain, then, without a grain, every column.
fn sort_columns(columns: &[String], header: &Header, config: Option<&MartConfig>) -> Vec<String> {
    let asked = config
        .and_then(|config| config.sort_by.as_deref())
        .filter(|columns| !columns.is_empty())
        .unwrap_or(&header.sort_by);
    let rest = if header.grain.is_empty() { columns } else { header.grain.as_slice() };
    let mut order: Vec<String> = Vec::new();
    for name in asked.iter().chain(rest) {
        if !order.contains(name) {
            order.push(name.clone());
        }
    }
    order
}

/// The table's definition with whose it is.
fn definition(header: &Header) -> Option<String> {
    match (&header.definition, &header.authority) {
        (Some(definition), Some(authority)) => Some(format!("{} ({authority})", definition.trim())),
        (definition, authority) => definition.as_ref().or(authority.as_ref()).cloned(),
    }
}

/// Asks every check of a mart about the file that was written.
pub(crate) async fn check(
    engine: &Engine,
    catalog: &Catalog,
    node: &Node,
    mart: StagedMart,
) -> Result<Staged> {
    let table = node.name.to_string();
    let (store, path) = mart.location.object();
    let written = engine.parquet_file(store, path).await?;
    engine.register(&node.name.schema, &node.name.name, Arc::clone(&written))?;
    let mut rules = checks::declared(&table, &node.header.grain, &node.header.checks);
    if let Some(file) = catalog.check_files.get(&node.name) {
        rules.extend(checks::from_file(&file.file, &file.text)?);
    }
    let mut staged = Staged { mart, checks: Vec::new(), findings: Vec::new() };
    for rule in &rules {
        let outcome = rule.run(engine, &table).await?;
        staged.checks.push(CheckResult {
            table: table.clone(),
            check: rule.name.clone(),
            status: status(rule, outcome.failures),
            failures: outcome.failures,
        });
        staged.findings.extend(outcome.diagnostic);
    }
    Ok(staged)
}

fn status(rule: &Check, failures: u64) -> CheckStatus {
    match (failures, rule.severity) {
        (0, _) => CheckStatus::Pass,
        (_, crate::error::Severity::Warning) => CheckStatus::Warn,
        (_, crate::error::Severity::Error) => CheckStatus::Fail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn the_published_order_is_total() {
        let columns = names(&["id", "day", "n"]);
        let header = Header { grain: names(&["id", "day"]), ..Header::default() };
        assert_eq!(sort_columns(&columns, &header, None), names(&["id", "day"]));
        let asked = Header { sort_by: names(&["day"]), ..header };
        assert_eq!(sort_columns(&columns, &asked, None), names(&["day", "id"]));
        assert_eq!(sort_columns(&columns, &Header::default(), None), columns);
    }
}
