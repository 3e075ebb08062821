/*!
Publishing one mart: sorted, written under the run's version, then checked as it was written. What
headers say of tables in between is checked here too.
*/

use std::sync::Arc;

use datafusion::{
    logical_expr::{LogicalPlan, LogicalPlanBuilder},
    prelude::ident,
};

use crate::{
    catalog::{
        Catalog, Node,
        header::{ColumnDeclaration, Header},
    },
    checks::{self, Check},
    config::pipeline::MartConfig,
    engine::{Engine, errors},
    error::{Diagnostic, Location, Result},
    fingerprint::Fingerprint,
    publish::{ColumnNote, MartSpec, Publisher, StagedMart},
    run::artifacts::{CheckResult, CheckStatus},
};

/// A mart that lies in the run's version folder, and how its checks came out.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) mart: StagedMart,
    pub(crate) audit: Audit,
}

/// How the checks of a table came out.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    pub(crate) checks: Vec<CheckResult>,
    pub(crate) findings: Vec<Diagnostic>,
}

impl Audit {
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
        definition: header.definition.clone(),
        authority: header.authority.clone(),
        grain: header.grain.clone(),
        sorted_by: order,
        columns: header
            .columns
            .iter()
            .map(|(name, column)| (name.clone(), note(column)))
            .filter(|(_, note)| *note != ColumnNote::default())
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

fn note(column: &ColumnDeclaration) -> ColumnNote {
    ColumnNote {
        description: column.description.clone(),
        unit: column.unit.clone(),
        definition: column.definition.clone(),
        authority: column.authority.clone(),
    }
}

/// Asks every check of a mart about the file that was written.
pub(crate) async fn check(
    engine: &Engine,
    catalog: &Catalog,
    node: &Node,
    mart: StagedMart,
) -> Result<Staged> {
    let (store, path) = mart.location.object();
    let written = engine.parquet_file(store, path).await?;
    engine.register(&node.name.schema, &node.name.name, Arc::clone(&written))?;
    Ok(Staged { mart, audit: ask(engine, catalog, node, &node.header.grain).await? })
}

/// Asks the checks of a table in between about its rows. Its grain is taken on trust: to prove it
/// of every event would cost more than to compute the marts, whose own grains are proved.
pub(crate) async fn check_between(
    engine: &Engine,
    catalog: &Catalog,
    node: &Node,
) -> Result<Audit> {
    ask(engine, catalog, node, &[]).await
}

/// Asks the checks of a header and of the file beside it about the registered table.
async fn ask(engine: &Engine, catalog: &Catalog, node: &Node, grain: &[String]) -> Result<Audit> {
    let table = node.name.to_string();
    let mut rules = checks::declared(&table, grain, &node.header.checks);
    if let Some(file) = catalog.check_files.get(&node.name) {
        rules.extend(checks::from_file(&file.file, &file.text)?);
    }
    let mut audit = Audit::default();
    for rule in &rules {
        let outcome = rule.run(engine, &table).await?;
        audit.checks.push(CheckResult {
            table: table.clone(),
            check: rule.name.clone(),
            status: status(rule, outcome.failures),
            failures: outcome.failures,
        });
        audit.findings.extend(outcome.diagnostic.map(|mut finding| {
            let table = || Location::line(node.file.as_str(), 1);
            finding.location.get_or_insert_with(table);
            finding
        }));
    }
    Ok(audit)
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
