/*!
SQL files become tables: headers, inputs, graph, static check, column lineage, selectors.

Nothing here runs a query. [`Catalog::load`] reads the project over the standard library and knows
every table and what it reads; [`Catalog::check`] plans each against the columns of the ones before
it, with no rows, and reports the faults of all files at once.
*/

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use chrono::NaiveDate;

use crate::{
    config::{
        params::{AS_OF_DATE, ParamValue},
        pipeline::Pipeline,
        types::ColumnType,
    },
    error::{Diagnostic, Diagnostics, Result, codes},
};

pub mod name;
pub mod library;
pub mod header;
mod carry;
pub mod contract;
mod walk;
pub mod sql;
pub mod params;
pub mod mapping;
mod rows;
mod data;
pub mod node;
mod read;
mod load;
pub mod graph;
mod parallel;
pub mod check;
pub mod lineage;
pub mod selector;
mod question;

pub use check::{Checked, Kept, Schemas};
pub use graph::Tables;
pub use library::{Library, Origin};
pub use name::{Layer, TableName};
pub use node::{Kind, Node};
pub use question::Question;

use library::SqlFile;
use params::{Values, own};

/// A digest of the code that this binary was built from: other code, other results.
pub const CODE_DIGEST: &str = env!("CODE_DIGEST");

/// Every table of a project, and what was found wrong with its files.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    pub tables: Tables,
    /// `<table>.check.sql` beside the tables: statements that return violating rows.
    pub check_files: BTreeMap<TableName, SqlFile>,
    /// What loading found; [`Catalog::check`] reports it with what planning finds.
    pub faults: Vec<Diagnostic>,
    /// The pipeline's parameters and those that follow from it.
    values: Values,
    /// Marts that the pipeline switches off.
    disabled: BTreeSet<TableName>,
}

impl Catalog {
    /// Reads every SQL file, contract and lookup of the project and of the standard library.
    ///
    /// Fails only where files cannot be read. Faults in them are kept, so that all are reported.
    pub fn load(project_dir: &Path, library: &Library, pipeline: &Pipeline) -> Result<Self> {
        let mut found = Diagnostics::default();
        let material = load::Material {
            files: library.overlaid(project_dir, Some(&pipeline.name))?,
            pipeline,
            values: values(pipeline),
            today: as_of_date(pipeline),
        };
        let (tables, check_files) = load::load(&material, &mut found);
        let mut disabled = BTreeSet::new();
        let marts: Vec<&str> =
            tables.keys().filter(|name| name.schema == "marts").map(|name| &*name.name).collect();
        for (name, mart) in &pipeline.marts {
            if !marts.contains(&name.as_str()) {
                let place = header::place(
                    &pipeline.file,
                    &pipeline.text,
                    0..pipeline.text.len(),
                    &["marts", name],
                );
                let message = format!("no mart is called `{name}`");
                found.push(
                    Diagnostic::error(codes::UNKNOWN_NAME, message)
                        .at(place)
                        .did_you_mean(name, marts.iter().copied()),
                );
            } else if mart.enabled == Some(false) {
                disabled.insert(TableName::new("marts", name));
            }
        }
        let faults = found.finish().unwrap_or_else(|error| error.diagnostics);
        Ok(Self { tables, check_files, faults, values: material.values, disabled })
    }

    /// A catalog without tables, which knows the parameters of a pipeline.
    pub fn without_files(pipeline: &Pipeline) -> Self {
        Self { values: values(pipeline), ..Self::default() }
    }

    /// The wanted tables and everything they read, each after what it reads.
    pub fn order(&self, wanted: &[TableName]) -> Vec<TableName> {
        graph::order(&self.tables, wanted)
    }

    /// The marts that this pipeline builds: those that are not switched off and whose contracts
    /// have a declared source, and whose blocks are declared.
    pub fn built_marts(&self) -> Vec<TableName> {
        let marts = self.tables.values().filter(|node| node.name.schema == "marts");
        marts.filter(|node| self.is_built(node)).map(|node| node.name.clone()).collect()
    }

    fn is_built(&self, mart: &Node) -> bool {
        if self.disabled.contains(&mart.name) {
            return false;
        }
        let is_fed = |contract: &str| {
            self.tables.get(&TableName::new("inbound", contract)).is_some_and(
                |node| matches!(&node.kind, Kind::Contract { sources, .. } if !sources.is_empty()),
            )
        };
        let is_declared = |block: &str| {
            self.tables
                .get(&TableName::new("config", block))
                .is_some_and(|node| matches!(&node.kind, Kind::Rows(rows) if rows.num_rows() > 0))
        };
        if let Some(required) = &mart.header.requires {
            let is_there = |name: &str| match name.strip_prefix("config.") {
                Some(block) => is_declared(block),
                None => is_fed(name),
            };
            return required.iter().all(|names| names.split(" or ").any(is_there));
        }
        let read = self.order(std::slice::from_ref(&mart.name));
        let mut contracts = read.iter().filter(|name| name.schema == "inbound").peekable();
        // A mart over the books of loading alone needs no contract.
        contracts.peek().is_none() || contracts.any(|contract| is_fed(&contract.name))
    }
}

fn as_of_date(pipeline: &Pipeline) -> NaiveDate {
    match pipeline.params.get(AS_OF_DATE).map(|param| &param.value) {
        Some(ParamValue::Date(date)) => *date,
        _ => NaiveDate::default(),
    }
}

/// The pipeline's parameters and those that follow from it.
fn values(pipeline: &Pipeline) -> Values {
    let mut values: Values =
        pipeline.params.iter().map(|(name, param)| (name.to_lowercase(), param.clone())).collect();
    let end = params::as_of(as_of_date(pipeline), pipeline.timezone);
    let text = |text: &str| own(ColumnType::String, ParamValue::String(text.to_owned()));
    values.extend([
        (
            "as_of".to_owned(),
            own(ColumnType::Timestamp, ParamValue::Timestamp(end.timestamp_micros())),
        ),
        ("timezone".to_owned(), text(pipeline.timezone.name())),
        ("currency".to_owned(), text(&pipeline.currency)),
    ]);
    values
}
