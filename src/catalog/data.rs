/*!
Tables that no SQL fills: typed exports, what loading recorded about them, and small tables by hand.
*/

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    config::{source::Source, tables::ConfigTable, types::ColumnType},
    engine::arrow_schema,
    error::{Diagnostic, Diagnostics, codes},
    sources,
};

use super::{
    contract::Contract,
    header::Header,
    library::{Origin, SqlFile},
    name::{Layer, TableName},
    node::{Kind, Node},
    params::Values,
    rows,
};

/// The columns of raw tables that say where a row stood.
pub(super) const PLACE_COLUMNS: [&str; 2] = [sources::FILE, sources::LINE];

fn node(name: TableName, kind: Kind, file: &SqlFile) -> Node {
    Node {
        layer: Layer::of(&name.schema).unwrap_or(Layer::Raw),
        name,
        kind,
        origin: file.origin,
        file: file.file.clone(),
        text: Arc::clone(&file.text),
        header: Header::default(),
        query: None,
        inputs: Default::default(),
        params: Values::new(),
    }
}

/// The typed rows of each source, with the place of each row.
pub(super) fn raw_tables<'a>(
    sources: impl Iterator<Item = &'a Source>,
    pipeline: &SqlFile,
) -> Vec<Node> {
    sources
        .map(|source| {
            let schema = sources::raw_schema(source);
            let kind = Kind::Raw { source: source.name.clone(), schema };
            node(TableName::new("raw", &source.name), kind, pipeline)
        })
        .collect()
}

/// What loading records: refused rows, emptied cells, and the books of every source.
pub(super) fn quarantine_tables() -> Vec<Node> {
    let number = ColumnType::Int64;
    let books = arrow_schema([
        ("source", &ColumnType::String),
        ("rows_read", &number),
        ("rows_loaded", &number),
        ("rows_quarantined", &number),
        ("rows_filtered", &number),
        ("rows_superseded", &number),
        ("cells_nulled", &number),
    ]);
    let tables = [
        ("rows", sources::bad_rows_schema()),
        ("cells", sources::bad_cells_schema()),
        ("books", books),
    ];
    let file = SqlFile { file: String::new(), text: "".into(), origin: Origin::Library };
    tables
        .into_iter()
        .map(|(name, schema)| {
            node(TableName::new("quarantine", name), Kind::Quarantine { schema }, &file)
        })
        .collect()
}

/// Rows of the pipeline's own blocks.
pub(super) fn config_table(
    table: &ConfigTable,
    pipeline: &SqlFile,
    found: &mut Diagnostics,
) -> Option<Node> {
    match rows::batch(&table.columns, &table.rows) {
        Ok(batch) => Some(node(TableName::parse(table.name)?, Kind::Rows(batch), pipeline)),
        Err(message) => {
            let message = format!("{}: {message}", table.name);
            found.push(Diagnostic::error(codes::INVALID_VALUE, message));
            None
        }
    }
}

/// `sql/lookups/<name>.csv`, typed by `<name>.yaml` beside it where there is one.
pub(super) fn lookup_tables(
    files: &BTreeMap<String, SqlFile>,
    found: &mut Diagnostics,
) -> Vec<Node> {
    let mut nodes = Vec::new();
    for (path, file) in files {
        let Some(name) = path.strip_prefix("lookups/").and_then(|name| name.strip_suffix(".csv"))
        else {
            continue;
        };
        let declared = files
            .get(&format!("lookups/{name}.yaml"))
            .and_then(|file| Contract::read(&file.file, &file.text, found));
        let types =
            |column: &str| Some(declared.as_ref()?.columns.get(column)?.column_type.clone());
        if let Some(rows) = rows::lookup(&file.file, &file.text, &types, found) {
            nodes.push(node(TableName::new("lookups", name), Kind::Rows(rows), file));
        }
    }
    nodes
}

/// A contract's table; its query follows when the mappings are known.
pub(super) fn contract_table(name: &str, contract: Contract, file: &SqlFile) -> Node {
    let kind = Kind::Contract { contract, sources: Vec::new() };
    node(TableName::new("inbound", name), kind, file)
}
