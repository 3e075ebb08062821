/*!
From files and the pipeline to linked nodes: which tables there are and what they read.
*/

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::NaiveDate;

use crate::{
    config::{pipeline::Pipeline, source::Source},
    error::{Diagnostic, Diagnostics, Location, codes},
};

use super::{
    contract::{Contract, ContractColumn, Mapping},
    data,
    graph::{self, Tables},
    library::{Origin, SqlFile},
    mapping,
    name::{SQL_SCHEMAS, TableName},
    node::{Kind, Node},
    parallel,
    params::{self, Values},
    read::{self, Given, Work},
    sql,
};

/// Everything that tables are made from.
pub(super) struct Material<'a> {
    /// The files by their path below `sql/`.
    pub files: BTreeMap<String, SqlFile>,
    pub pipeline: &'a Pipeline,
    /// The pipeline's parameters and the engine's own.
    pub values: Values,
    pub today: NaiveDate,
}

impl Material<'_> {
    /// The file that blocks of the pipeline are written in.
    fn pipeline_file(&self) -> SqlFile {
        SqlFile {
            file: self.pipeline.file.clone(),
            text: Arc::clone(&self.pipeline.text),
            origin: Origin::Project,
        }
    }
}

/// All tables, and the check files beside them.
pub(super) fn load(
    material: &Material<'_>,
    found: &mut Diagnostics,
) -> (Tables, BTreeMap<TableName, SqlFile>) {
    let (files, pipeline) = (&material.files, material.pipeline);
    let file = material.pipeline_file();
    let mut nodes = data::raw_tables(pipeline.sources.values(), &file);
    nodes.extend(data::quarantine_tables());
    nodes.extend(data::lookup_tables(files, found));
    for table in pipeline.config_tables() {
        nodes.extend(data::config_table(&table, &file, found));
    }
    nodes.extend(contracts(files, found));
    let mut tables: Tables = nodes.into_iter().map(|node| (node.name.clone(), node)).collect();

    let (mut work, checks) = table_files(files, found);
    for generated in pipeline.generated_sql() {
        let Some(name) = TableName::parse(generated.name) else { continue };
        // A file of that name says it in its own way.
        if work.iter().all(|work| work.name != name) {
            work.push(Work {
                name,
                file: SqlFile { text: generated.sql.as_str().into(), ..file.clone() },
                kind: Kind::Generated { sql: Arc::new(generated.clone()) },
                source: None,
            });
        }
    }
    for source in pipeline.sources.values() {
        work.extend(mappings(source, files, &tables, &file, found));
    }
    let given = Given { values: &material.values, today: material.today };
    for (node, faults) in parallel::map(&work, |work| read::node(work, &given)) {
        found.extend(faults);
        tables.insert(node.name.clone(), node);
    }
    feed_contracts(&mut tables, material, found);
    link(&mut tables, found);
    graph::find_cycles(&tables, found);
    graph::check_layers(&tables, found);
    (tables, checks)
}

fn contracts(files: &BTreeMap<String, SqlFile>, found: &mut Diagnostics) -> Vec<Node> {
    let mut nodes = Vec::new();
    for (path, file) in files {
        if let Some(name) =
            path.strip_prefix("inbound/").and_then(|path| path.strip_suffix(".yaml"))
            && let Some(contract) = Contract::read(&file.file, &file.text, found)
        {
            nodes.push(data::contract_table(name, contract, file));
        }
    }
    nodes
}

/// The SQL files that are tables by their path, and those that hold checks of one.
fn table_files<'a>(
    files: &BTreeMap<String, SqlFile>,
    found: &mut Diagnostics,
) -> (Vec<Work<'a>>, BTreeMap<TableName, SqlFile>) {
    let (mut work, mut checks) = (Vec::new(), BTreeMap::new());
    for (path, file) in files {
        let Some(path) = path.strip_suffix(".sql") else { continue };
        let (schema, name) = path.split_once('/').unwrap_or(("", path));
        if ["inbound", "presets"].contains(&schema) {
            continue;
        }
        let (name, is_check) = match name.strip_suffix(".check") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let table = TableName::parse(&format!("{schema}.{name}"));
        let Some(table) = table.filter(|_| SQL_SCHEMAS.contains(&schema)) else {
            let message = match SQL_SCHEMAS.contains(&schema) {
                true => format!("`{name}` is no table name: dots, spaces and folders are refused"),
                false => format!("no layer is called `{schema}`, so its files name no tables"),
            };
            let fault = Diagnostic::error(codes::LAYER, message).at(Location::line(&*file.file, 1));
            found.push(match SQL_SCHEMAS.contains(&schema) {
                true => fault,
                false => fault.did_you_mean(schema, SQL_SCHEMAS),
            });
            continue;
        };
        if is_check {
            checks.insert(table, file.clone());
        } else {
            work.push(Work { name: table, file: file.clone(), kind: Kind::Sql, source: None });
        }
    }
    (work, checks)
}

/// The mapping files of a source, one per contract it feeds.
fn mappings<'a>(
    source: &'a Source,
    files: &BTreeMap<String, SqlFile>,
    tables: &Tables,
    pipeline: &SqlFile,
    found: &mut Diagnostics,
) -> Vec<Work<'a>> {
    let mut work = Vec::new();
    for contract in &source.feeds {
        let contract = contract.to_lowercase();
        let place = || {
            let path = ["sources", &source.name, "feeds"];
            super::header::place(&pipeline.file, &pipeline.text, 0..pipeline.text.len(), &path)
        };
        if !tables.contains_key(&TableName::new("inbound", &contract)) {
            let message =
                format!("source `{}` feeds `{contract}`, which is no contract", source.name);
            let known = tables.keys().filter(|name| name.schema == "inbound");
            found.push(
                Diagnostic::error(codes::UNKNOWN_NAME, message)
                    .at(place())
                    .did_you_mean(&contract, known.map(|name| name.name.as_str())),
            );
            continue;
        }
        match mapping::file(files, source, &contract) {
            Ok(file) => work.push(Work {
                name: mapping::table(&source.name, &contract),
                file: file.clone(),
                kind: Kind::Mapping { source: source.name.clone(), contract },
                source: Some(source),
            }),
            Err(paths) => {
                let message =
                    format!("no SQL maps source `{}` to contract `{contract}`", source.name);
                let hint = format!("write sql/{}: `select … from source`", paths[0]);
                found.push(Diagnostic::error(codes::UNKNOWN_NAME, message).at(place()).hint(hint));
            }
        }
    }
    work
}

/// Gives every contract the query over its mappings.
fn feed_contracts(tables: &mut Tables, material: &Material<'_>, found: &mut Diagnostics) {
    let mut feeds: BTreeMap<TableName, Vec<Mapping>> = BTreeMap::new();
    for node in tables.values() {
        let (Kind::Mapping { source, contract }, Some(query)) = (&node.kind, &node.query) else {
            continue;
        };
        let raw = tables.get(&TableName::new("raw", source)).and_then(Node::declared_schema);
        let raw: Vec<String> = raw
            .iter()
            .flat_map(|schema| schema.fields().iter().map(|field| field.name().clone()))
            .filter(|name| !data::PLACE_COLUMNS.contains(&name.as_str()))
            .collect();
        let namespace =
            material.pipeline.sources.get(source).map_or(source, |source| &source.namespace);
        match mapping::output_names(query, &raw) {
            Some(columns) => {
                feeds.entry(TableName::new("inbound", contract)).or_default().push(Mapping {
                    table: node.name.clone(),
                    source: source.clone(),
                    namespace: namespace.clone(),
                    columns,
                })
            }
            None => found.push(
                Diagnostic::error(
                    codes::SCHEMA_MISMATCH,
                    "a mapping must name its columns: give every expression an alias",
                )
                .at(Location::line(&*node.file, 1)),
            ),
        }
    }
    for source in material.pipeline.sources.values().filter(|source| !source.feeds.is_empty()) {
        let own: Vec<&Mapping> =
            feeds.values().flatten().filter(|mapping| mapping.source == source.name).collect();
        let arrives = |name: &&String| own.iter().any(|mapping| mapping.columns.contains(name));
        if let Some(name) = source.carry.iter().find(|name| !own.is_empty() && !arrives(name)) {
            let message = format!(
                "source `{}` carries `{name}`, but each of its mappings groups rows or removes equal ones",
                source.name
            );
            let file = material.pipeline_file();
            found.push(
                Diagnostic::error(codes::SCHEMA_MISMATCH, message)
                    .at(Location::line(&*file.file, 1))
                    .hint("select the column in the mapping"),
            );
        }
    }
    for (name, node) in tables.iter_mut().filter(|(name, _)| name.schema == "inbound") {
        let Kind::Contract { contract, sources } = &mut node.kind else { continue };
        let mappings = feeds.remove(name).unwrap_or_default();
        carry_into(contract, &mappings, material, found);
        let mut query = contract.query(&mappings);
        *sources = mappings.into_iter().map(|mapping| mapping.source).collect();
        node.params = params::bind(&mut query, &material.values).used;
        node.query = Some(Arc::new(query));
    }
}

/// Adds the columns that sources carry to the contract's own.
fn carry_into(
    contract: &mut Contract,
    mappings: &[Mapping],
    material: &Material<'_>,
    found: &mut Diagnostics,
) {
    let declared = contract.columns.len();
    for mapping in mappings {
        let Some(source) = material.pipeline.sources.get(&mapping.source) else { continue };
        let carried = source.columns.iter().filter(|column| {
            source.carry.contains(&column.name) && mapping.columns.contains(&column.name)
        });
        for column in carried {
            let known = contract.columns.get_full(&column.name);
            match known {
                None => {
                    contract.columns.insert(column.name.clone(), ContractColumn::of(column));
                }
                Some((at, _, other))
                    if at >= declared && other.column_type != column.column_type =>
                {
                    let message = format!(
                        "source `{}` carries `{}` as {}, another source as {}",
                        source.name, column.name, column.column_type, other.column_type
                    );
                    let file = material.pipeline_file();
                    found.push(
                        Diagnostic::error(codes::SCHEMA_MISMATCH, message)
                            .at(Location::line(&*file.file, 1)),
                    );
                }
                Some(_) => {}
            }
        }
    }
}

/// Resolves what every query reads; what does not exist is reported.
fn link(tables: &mut Tables, found: &mut Diagnostics) {
    let nodes: Vec<&Node> = tables.values().collect();
    let read = parallel::map(&nodes, |node| node.query.as_deref().map(sql::relations));
    let mut inputs: Vec<(TableName, BTreeSet<TableName>)> = Vec::new();
    for (node, relations) in nodes.into_iter().zip(read) {
        let mut own = BTreeSet::new();
        for relation in relations.into_iter().flatten() {
            match relation.table().filter(|name| tables.contains_key(name)) {
                Some(name) => {
                    own.insert(name);
                }
                None => found.push(unknown_table(node, &relation, tables)),
            }
        }
        inputs.push((node.name.clone(), own));
    }
    for (name, inputs) in inputs {
        tables.get_mut(&name).expect("a name of this map").inputs = inputs;
    }
}

fn unknown_table(node: &Node, relation: &sql::Relation, tables: &Tables) -> Diagnostic {
    let name = relation.parts.join(".");
    if relation.is_file {
        // The parser gives a quoted text no place.
        let start = node.text.find(&name).unwrap_or(0);
        let place = Location::span(&*node.file, &node.text, start, start + name.len());
        return Diagnostic::error(
            codes::REFUSED_SQL,
            format!("a file is read as a table: `{name}`"),
        )
        .at(place)
        .hint("declare the file under `sources:`, so that its rows are typed and accounted for");
    }
    let fault =
        node.error(codes::UNKNOWN_TABLE, relation.span, format!("no table is called `{name}`"));
    let own_name = relation.parts.last().map(String::as_str).unwrap_or_default();
    if let Some(same) = tables.keys().find(|known| known.name == own_name) {
        return fault.hint(format!("did you mean `{same}`?"));
    }
    let all: Vec<String> = tables.keys().map(TableName::to_string).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    if crate::error::nearest(&name, &all).is_some() {
        return fault.did_you_mean(&name, all);
    }
    let schema = format!("{}.", relation.parts.first().map(String::as_str).unwrap_or_default());
    let valid: Vec<&str> = all.into_iter().filter(|known| known.starts_with(&schema)).collect();
    fault.did_you_mean(&name, valid)
}
