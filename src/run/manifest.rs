/*!
`manifest.json`: every table of the project with its columns and what they are made of.
*/

use std::collections::BTreeMap;

use datafusion::{arrow::datatypes::SchemaRef, execution::SessionState};
use schemars::JsonSchema;
use serde::Serialize;

use super::project::Project;
use crate::{
    catalog::{
        Node, TableName,
        lineage::{ColumnRef, Lineage, upstream},
    },
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
    pub grain: Vec<String>,
    /// The tables it reads.
    pub inputs: Vec<String>,
    pub columns: Vec<ManifestColumn>,
    /// Columns that decide which rows there are, how they are grouped or ordered.
    pub used: Vec<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ManifestColumn {
    pub name: String,
    #[serde(rename = "type")]
    pub column_type: String,
    pub description: Option<String>,
    /// The columns it is made of, `schema.table.column`.
    pub from: Vec<String>,
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
    let tables = project
        .catalog
        .tables
        .values()
        .filter_map(|node| Some(table(node, schemas.get(&node.name)?, lineages.get(&node.name))))
        .collect();
    Manifest { schema_version: SCHEMA_VERSION, pipeline: project.pipeline.name.clone(), tables }
}

fn table(node: &Node, schema: &SchemaRef, lineage: Option<&Lineage>) -> ManifestTable {
    let columns = schema
        .fields()
        .iter()
        .map(|field| ManifestColumn {
            name: field.name().clone(),
            column_type: declared_type(field.data_type())
                .map_or_else(|| field.data_type().to_string(), |of| of.to_string()),
            description: node
                .header
                .columns
                .get(field.name().as_str())
                .and_then(|column| column.description.clone()),
            from: lineage
                .and_then(|lineage| lineage.of(field.name()))
                .into_iter()
                .flatten()
                .map(shown)
                .collect(),
        })
        .collect();
    ManifestTable {
        name: node.name.to_string(),
        kind: node.kind.as_str().to_owned(),
        file: node.file.clone(),
        description: node.header.description.as_ref().map(|text| text.trim().to_owned()),
        grain: node.header.grain.clone(),
        inputs: node.inputs.iter().map(ToString::to_string).collect(),
        columns,
        used: lineage.map(|lineage| lineage.used.iter().map(shown).collect()).unwrap_or_default(),
    }
}

fn shown(column: &ColumnRef) -> String {
    format!("{}.{}", column.table, column.column)
}
