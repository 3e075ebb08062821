/*!
What will run and why: fingerprints, reuse, order. Printable; does nothing.

A plan is a pure function of the catalog, the input files' contents, what is published and what is
cached. `run` carries it out, `plan` prints it.
*/

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    catalog::{Catalog, Kind, TableName, header::Materialized},
    config::{pipeline::MartConfig, source::Source},
    fingerprint::Fingerprint,
};

mod node;

/// What happens to one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A mart that is published already, with the same fingerprint.
    Keep,
    /// A result of an earlier run is taken from the cache.
    Reuse,
    /// Files are parsed.
    Load,
    /// Rows that are at hand: configuration, lookups, the books of loading.
    Provide,
    /// Computed by whoever reads it.
    Inline,
    /// Computed into an intermediate table.
    Compute,
    /// Computed, checked and published.
    Publish,
}

impl Action {
    /// The word that plans are printed with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Reuse => "reuse",
            Self::Load => "load",
            Self::Provide => "provide",
            Self::Inline => "inline",
            Self::Compute => "compute",
            Self::Publish => "publish",
        }
    }
}

/// One table of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub name: TableName,
    pub action: Action,
    pub reason: String,
    pub fingerprint: Fingerprint,
    /// Positions of the steps it waits for.
    #[serde(skip)]
    pub inputs: BTreeSet<usize>,
    /// Bytes of the files it loads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_bytes: Option<u64>,
    /// Files it loads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_files: Option<usize>,
}

/// Everything a run will do, each step after its inputs.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    pub steps: Vec<Step>,
}

/// What a source's files are, by content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceContent {
    /// Content ids with the period that the path gave, in no particular order.
    pub files: Vec<(String, Option<chrono::NaiveDateTime>)>,
    pub bytes: u64,
}

/// What a plan is made from.
pub struct Request<'a> {
    pub catalog: &'a Catalog,
    pub sources: &'a indexmap::IndexMap<String, Source>,
    pub marts: &'a indexmap::IndexMap<String, MartConfig>,
    pub contents: &'a BTreeMap<String, SourceContent>,
    /// The tables whose results are wanted.
    pub wanted: &'a [TableName],
    /// Fingerprints of what is published, by mart.
    pub published: &'a BTreeMap<TableName, String>,
    pub is_cached: &'a dyn Fn(&Fingerprint) -> bool,
    /// A digest of the key that pseudonyms are made with.
    pub pseudonym_key: &'a str,
    /// Marts are published; otherwise wanted tables are only computed.
    pub publishes: bool,
    /// Nothing earlier is reused.
    pub full_refresh: bool,
}

impl Plan {
    /// Decides what happens to every wanted table and to what it needs.
    pub fn build(request: &Request<'_>) -> Self {
        let inputs = all_inputs(request.catalog);
        let order = topological(request.wanted, &inputs);
        let mut fingerprints: BTreeMap<&TableName, Fingerprint> = BTreeMap::new();
        for name in &order {
            let print = node::fingerprint(request, name, &inputs[name], &fingerprints);
            fingerprints.insert(name, print);
        }
        // Backwards: a table is needed if it is wanted and out of date, or read by a needed one.
        let mut decided: BTreeMap<&TableName, (Action, String)> = BTreeMap::new();
        let mut needed: BTreeSet<&TableName> = request.wanted.iter().collect();
        for name in order.iter().rev() {
            if !needed.contains(name) {
                continue;
            }
            let is_wanted = request.wanted.contains(name);
            let (action, reason) = decide(
                request,
                name,
                &fingerprints[name],
                is_wanted,
                &needed_by(name, &decided, &inputs),
            );
            if !matches!(action, Action::Keep | Action::Reuse) {
                needed.extend(&inputs[name]);
            }
            decided.insert(name, (action, reason));
        }
        let positions: BTreeMap<&TableName, usize> = order
            .iter()
            .filter(|name| decided.contains_key(name))
            .enumerate()
            .map(|(position, name)| (name, position))
            .collect();
        let steps = order
            .iter()
            .filter_map(|name| {
                let (action, reason) = decided.remove(name)?;
                let waits_for = match action {
                    Action::Keep | Action::Reuse => BTreeSet::new(),
                    _ => inputs[name].iter().map(|input| positions[input]).collect(),
                };
                let content = match &request.catalog.tables[name].kind {
                    Kind::Raw { source, .. } => request.contents.get(source),
                    _ => None,
                };
                Some(Step {
                    name: name.clone(),
                    action,
                    reason,
                    fingerprint: fingerprints[name].clone(),
                    inputs: waits_for,
                    input_bytes: content.map(|content| content.bytes),
                    input_files: content.map(|content| content.files.len()),
                })
            })
            .collect();
        Self { steps }
    }

    /// Whether nothing would change.
    pub fn is_no_op(&self) -> bool {
        self.steps.iter().all(|step| step.action == Action::Keep)
    }
}

/// The steps that read a table and will compute.
fn needed_by<'a>(
    name: &TableName,
    decided: &BTreeMap<&'a TableName, (Action, String)>,
    inputs: &BTreeMap<TableName, BTreeSet<TableName>>,
) -> Vec<&'a TableName> {
    decided
        .iter()
        .filter(|(reader, (action, _))| {
            !matches!(action, Action::Keep | Action::Reuse) && inputs[**reader].contains(name)
        })
        .map(|(reader, _)| *reader)
        .collect()
}

fn decide(
    request: &Request<'_>,
    name: &TableName,
    fingerprint: &Fingerprint,
    is_wanted: bool,
    readers: &[&TableName],
) -> (Action, String) {
    let node = &request.catalog.tables[name];
    let is_mart = is_wanted && request.publishes;
    if is_mart
        && readers.is_empty()
        && !request.full_refresh
        && request.published.get(name).is_some_and(|published| published == fingerprint.as_str())
    {
        return (Action::Keep, "published from the same inputs and definition".to_owned());
    }
    let because = || {
        if is_mart {
            match request.published.get(name) {
                Some(published) if published == fingerprint.as_str() => {
                    if request.full_refresh {
                        "everything is computed anew".to_owned()
                    } else {
                        format!("read by {}", readers[0])
                    }
                }
                Some(_) => "its inputs or definition changed".to_owned(),
                None => "not published yet".to_owned(),
            }
        } else {
            match readers {
                [] => "asked for".to_owned(),
                [one] => format!("read by {one}"),
                [first, rest @ ..] => format!("read by {first} and {} more", rest.len()),
            }
        }
    };
    if !is_mart && !request.full_refresh && (request.is_cached)(fingerprint) {
        return (Action::Reuse, "computed by an earlier run".to_owned());
    }
    let action = match &node.kind {
        Kind::Raw { .. } => Action::Load,
        Kind::Rows(_) | Kind::Quarantine { .. } => Action::Provide,
        _ if is_mart => Action::Publish,
        Kind::Mapping { .. } => Action::Inline,
        _ if node.header.materialized == Some(Materialized::View) => Action::Inline,
        _ => Action::Compute,
    };
    (action, because())
}

/// What each table waits for: what its SQL reads, and for the books of loading every source.
fn all_inputs(catalog: &Catalog) -> BTreeMap<TableName, BTreeSet<TableName>> {
    let sources: BTreeSet<TableName> = catalog
        .tables
        .values()
        .filter(|node| matches!(node.kind, Kind::Raw { .. }))
        .map(|node| node.name.clone())
        .collect();
    catalog
        .tables
        .values()
        .map(|node| {
            let inputs = match node.kind {
                Kind::Quarantine { .. } => sources.clone(),
                _ => node.inputs.clone(),
            };
            (node.name.clone(), inputs)
        })
        .collect()
}

/// The wanted tables and all they need, inputs first. The catalog has no cycles.
fn topological(
    wanted: &[TableName],
    inputs: &BTreeMap<TableName, BTreeSet<TableName>>,
) -> Vec<TableName> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<(&TableName, bool)> = Vec::new();
    for name in wanted {
        open.push((name, false));
        while let Some((name, is_ready)) = open.pop() {
            if is_ready {
                order.push(name.clone());
            } else if let Some((name, needs)) = inputs.get_key_value(name)
                && seen.insert(name)
            {
                open.push((name, true));
                open.extend(needs.iter().rev().map(|input| (input, false)));
            }
        }
    }
    order
}
