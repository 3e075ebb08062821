/*!
Which table reads which: order, cycles, layers.
*/

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Diagnostic, Diagnostics, codes};

use super::{name::TableName, node::Node, sql};

/// The tables by name.
pub type Tables = BTreeMap<TableName, Node>;

/// The wanted tables and everything they read, each after what it reads.
///
/// Names that are no tables are left out; a cycle is cut where it closes.
pub fn order<'a>(
    tables: &Tables,
    wanted: impl IntoIterator<Item = &'a TableName>,
) -> Vec<TableName> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    // Each entry is a table and whether its inputs were put in already; no recursion, since the
    // depth of a project is not bounded.
    let mut open: Vec<(&TableName, bool)> = Vec::new();
    for name in wanted {
        open.push((name, false));
        while let Some((name, is_ready)) = open.pop() {
            if is_ready {
                order.push(name.clone());
                continue;
            }
            let Some((name, node)) = tables.get_key_value(name) else { continue };
            if !seen.insert(name) {
                continue;
            }
            open.push((name, true));
            open.extend(node.inputs.iter().rev().map(|input| (input, false)));
        }
    }
    order
}

/// Every table that is reached from the starting ones, these included, at most `limit` steps away.
pub fn reach(
    start: &BTreeSet<TableName>,
    limit: Option<usize>,
    next: impl Fn(&TableName) -> Vec<TableName>,
) -> BTreeSet<TableName> {
    let mut reached = start.clone();
    let mut front: Vec<TableName> = start.iter().cloned().collect();
    let mut steps = 0;
    while !front.is_empty() && limit.is_none_or(|limit| steps < limit) {
        front = front.iter().flat_map(&next).filter(|name| reached.insert(name.clone())).collect();
        steps += 1;
    }
    reached
}

/// The tables that read a table directly.
pub fn readers(tables: &Tables) -> BTreeMap<&TableName, Vec<&TableName>> {
    let mut readers: BTreeMap<&TableName, Vec<&TableName>> = BTreeMap::new();
    for (name, node) in tables {
        for input in &node.inputs {
            readers.entry(input).or_default().push(name);
        }
    }
    readers
}

/// Reports every circle of tables once, printed as a path.
pub fn find_cycles(tables: &Tables, found: &mut Diagnostics) {
    let mut done: BTreeSet<&TableName> = BTreeSet::new();
    for start in tables.keys() {
        let mut path: Vec<&TableName> = Vec::new();
        // The table itself, then a marker that it is left again.
        let mut open: Vec<(&TableName, bool)> = vec![(start, true)];
        while let Some((name, enters)) = open.pop() {
            if !enters {
                path.pop();
                done.insert(name);
                continue;
            }
            if let Some(at) = path.iter().position(|known| *known == name) {
                found.push(cycle(tables, &path[at..]));
                continue;
            }
            let Some(node) = tables.get(name).filter(|_| !done.contains(name)) else { continue };
            path.push(name);
            open.push((name, false));
            open.extend(node.inputs.iter().rev().map(|input| (input, true)));
        }
    }
}

fn cycle(tables: &Tables, path: &[&TableName]) -> Diagnostic {
    let circle: Vec<String> =
        path.iter().chain(path.first()).map(|name| name.to_string()).collect();
    let message = match path {
        [name] => format!("{name} reads itself"),
        _ => format!("tables read each other in a circle: {}", circle.join(" → ")),
    };
    let diagnostic = Diagnostic::error(codes::CYCLE, message)
        .hint("move what both need into a table of its own that both read");
    let node = &tables[path[0]];
    let next = path.get(1).unwrap_or(&path[0]);
    match input_place(node, next) {
        Some(place) => diagnostic.at(place),
        None => diagnostic,
    }
}

fn input_place(node: &Node, input: &TableName) -> Option<crate::error::Location> {
    let query = node.query.as_ref()?;
    let relation =
        sql::relations(query).into_iter().find(|known| known.table().as_ref() == Some(input))?;
    Some(node.locate(relation.span))
}

/// Reports tables that read a later layer than their own.
pub fn check_layers(tables: &Tables, found: &mut Diagnostics) {
    for node in tables.values() {
        for input in node.inputs.iter().filter_map(|input| tables.get(input)) {
            if input.layer > node.layer {
                let message =
                    format!("{} reads {}, which is of a later layer", node.name, input.name);
                let diagnostic = Diagnostic::error(codes::LAYER, message)
                    .hint("layers are raw, inbound, core, journeys and segments, marts; a table reads its own and earlier ones");
                found.push(match input_place(node, &input.name) {
                    Some(place) => diagnostic.at(place),
                    None => diagnostic,
                });
            }
        }
    }
}
