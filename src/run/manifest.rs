/*!
`manifest.json`: every table of the project with its columns, what they mean and what they are made
of. `explain` and `docs` show parts of it.
*/

use std::collections::{BTreeMap, BTreeSet};

use datafusion::{
    arrow::{datatypes::SchemaRef, util::display::array_value_to_string},
    execution::SessionState,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::project::Project;
use crate::{
    catalog::{
        Kind, Node, TableName,
        lineage::{ColumnRef, Lineage, upstream},
    },
    config::tables::{TABLES, TableShape},
    engine::types::declared_type,
};

/// Version of the file's layout: minor changes only add keys.
pub const SCHEMA_VERSION: u32 = 1;

/// The tables of a project.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Manifest {
    pub schema_version: u32,
    pub pipeline: String,
    pub tables: Vec<ManifestTable>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ManifestTable {
    pub name: String,
    /// `raw`, `mapping`, `contract`, `sql` and so on.
    pub kind: String,
    pub file: String,
    pub description: Option<String>,
    /// The formula or definition that the table follows.
    pub definition: Option<String>,
    /// Whose definition that is.
    pub authority: Option<String>,
    pub grain: Vec<String>,
    /// The tables it reads.
    pub inputs: Vec<String>,
    /// What the pipeline settles for it: parameters and settings that it or a table before it uses.
    pub settings: Vec<Setting>,
    pub columns: Vec<ManifestColumn>,
    /// Columns that decide which rows there are, how they are grouped or ordered.
    pub used: Vec<String>,
}

#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct ManifestColumn {
    pub name: String,
    #[serde(rename = "type")]
    pub column_type: String,
    pub description: Option<String>,
    pub unit: Option<String>,
    /// The formula or definition that the column follows.
    pub definition: Option<String>,
    /// Whose definition that is.
    pub authority: Option<String>,
    /// What becomes of the cases on which definitions differ.
    pub edge_cases: Vec<String>,
    /// The columns it is made of, `schema.table.column`.
    pub from: Vec<String>,
}

/// A parameter (`$name`), or a column of a `config` table that has one row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Setting {
    pub name: String,
    /// Its value in this pipeline.
    pub value: String,
    pub description: Option<String>,
}

/// Every column that a column is made of, from files on.
pub fn origins(
    project: &Project,
    state: &SessionState,
    schemas: &BTreeMap<TableName, SchemaRef>,
    column: &ColumnRef,
) -> Vec<String> {
    let lineages = project.catalog.lineage(state, schemas, &|_| false);
    upstream(&lineages, column).iter().map(shown).collect()
}

/// Describes every table that could be planned.
pub fn manifest(
    project: &Project,
    state: &SessionState,
    schemas: &BTreeMap<TableName, SchemaRef>,
) -> Manifest {
    let lineages = project.catalog.lineage(state, schemas, &|_| false);
    let describer = Describer::new(project, lineages);
    let tables = project
        .catalog
        .tables
        .values()
        .filter_map(|node| Some(describer.table(node, schemas.get(&node.name)?)))
        .collect();
    Manifest { schema_version: SCHEMA_VERSION, pipeline: project.pipeline.name.clone(), tables }
}

struct Describer<'a> {
    project: &'a Project,
    lineages: BTreeMap<TableName, Lineage>,
    /// What each table depends on, by itself or through the tables that it reads.
    settings: BTreeMap<TableName, BTreeSet<Setting>>,
}

impl<'a> Describer<'a> {
    fn new(project: &'a Project, lineages: BTreeMap<TableName, Lineage>) -> Self {
        let mut describer = Self { project, lineages, settings: BTreeMap::new() };
        let tables = &project.catalog.tables;
        let all: Vec<TableName> = tables.keys().cloned().collect();
        for name in project.catalog.order(&all) {
            let node = &tables[&name];
            let mut settings = describer.own_settings(node);
            let read = node.inputs.iter().filter_map(|input| describer.settings.get(input));
            settings.extend(read.flatten().cloned());
            describer.settings.insert(name, settings);
        }
        describer
    }

    fn table(&self, node: &Node, schema: &SchemaRef) -> ManifestTable {
        let lineage = self.lineages.get(&node.name);
        let columns = schema
            .fields()
            .iter()
            .map(|field| ManifestColumn {
                name: field.name().clone(),
                column_type: declared_type(field.data_type())
                    .map_or_else(|| field.data_type().to_string(), |of| of.to_string()),
                from: lineage
                    .and_then(|lineage| lineage.of(field.name()))
                    .into_iter()
                    .flatten()
                    .map(shown)
                    .collect(),
                ..self.words(node, field.name())
            })
            .collect();
        let header = &node.header;
        let said = match &node.kind {
            Kind::Contract { contract, .. } => contract.description.as_deref(),
            Kind::Rows(_) => shape(&node.name).map(|shape| shape.description),
            _ => header.description.as_deref(),
        };
        let used = lineage.map(|lineage| lineage.used.iter().map(shown).collect());
        ManifestTable {
            name: node.name.to_string(),
            kind: node.kind.as_str().to_owned(),
            file: node.file.clone(),
            description: said.map(|text| text.trim().to_owned()),
            definition: header.definition.clone(),
            authority: header.authority.clone(),
            grain: header.grain.clone(),
            inputs: node.inputs.iter().map(ToString::to_string).collect(),
            settings: self.settings.get(&node.name).into_iter().flatten().cloned().collect(),
            columns,
            used: used.unwrap_or_default(),
        }
    }

    /// What the declaration of a table says of a column.
    fn words(&self, node: &Node, column: &str) -> ManifestColumn {
        let described = |description: Option<&str>, unit: Option<&String>| ManifestColumn {
            description: description.map(str::to_owned),
            unit: unit.cloned(),
            ..ManifestColumn::default()
        };
        match &node.kind {
            Kind::Contract { contract, .. } => match contract.columns.get(column) {
                Some(column) => described(column.description.as_deref(), column.unit.as_ref()),
                None => ManifestColumn::default(),
            },
            Kind::Raw { source, .. } => {
                let source = self.project.pipeline.sources.get(source);
                let mut columns = source.into_iter().flat_map(|source| &source.columns);
                let column = columns.find(|declared| declared.name == column);
                described(column.and_then(|column| column.description.as_deref()), None)
            }
            Kind::Rows(_) => {
                let columns = shape(&node.name).map_or(&[][..], |shape| shape.columns);
                let known = columns.iter().find(|(name, ..)| *name == column);
                described(known.map(|(_, _, meaning)| *meaning), None)
            }
            _ => match node.header.columns.get(column) {
                Some(declared) => ManifestColumn {
                    definition: declared.definition.clone(),
                    authority: declared.authority.clone(),
                    edge_cases: declared.edge_cases.clone(),
                    ..described(declared.description.as_deref(), declared.unit.as_ref())
                },
                None => ManifestColumn::default(),
            },
        }
    }

    /// The parameters that a table's query uses, and what it reads of blocks that settle one value.
    fn own_settings(&self, node: &Node) -> BTreeSet<Setting> {
        let mut found = BTreeSet::new();
        // What a mapping is given is about its source, not about what the table means.
        if !matches!(node.kind, Kind::Mapping { .. }) {
            // The end of the last day says nothing beside the day itself.
            let params = node.params.iter().filter(|(name, _)| *name != "as_of");
            found.extend(params.map(|(name, param)| Setting {
                name: format!("${name}"),
                value: param.value.to_string(),
                description: param.description.clone(),
            }));
        }
        if let Some(lineage) = self.lineages.get(&node.name) {
            let made_of = lineage.columns.iter().flat_map(|(_, from)| from);
            let config = made_of.chain(&lineage.used).filter(|from| from.table.schema == "config");
            found.extend(config.filter_map(|column| self.setting(column)));
        }
        found
    }

    fn setting(&self, column: &ColumnRef) -> Option<Setting> {
        let node = self.project.catalog.tables.get(&column.table)?;
        let Kind::Rows(rows) = &node.kind else { return None };
        let value = rows.column_by_name(&column.column).filter(|_| rows.num_rows() == 1)?;
        Some(Setting {
            name: shown(column),
            value: array_value_to_string(value, 0).ok()?,
            description: self.words(node, &column.column).description,
        })
    }
}

/// The declaration of a `config` table.
fn shape(table: &TableName) -> Option<&'static TableShape> {
    TABLES.iter().find(|shape| shape.name == table.to_string())
}

fn shown(column: &ColumnRef) -> String {
    format!("{}.{}", column.table, column.column)
}
