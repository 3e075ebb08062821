/*!
The statements of `<table>.check.sql`: laws about a table and what it reads.

A law is asked while the tables that its own table reads are at hand, so it may read those and no
others.
*/

use std::sync::Arc;

use crate::{
    checks,
    error::{Diagnostic, Location, codes},
};

use super::{
    super::{Catalog, library::SqlFile, name::TableName, node::Node, sql},
    planner::Planner,
    recover,
};

impl Catalog {
    /// Plans the statements of the file beside a table.
    pub(super) fn check_laws(&self, planner: &Planner, node: &Node) -> Vec<Diagnostic> {
        let Some(file) = self.check_files.get(&node.name) else { return Vec::new() };
        let laws = match checks::from_file(&file.file, &file.text) {
            Ok(laws) => laws,
            Err(error) => return error.diagnostics,
        };
        laws.iter().flat_map(|law| check_law(planner, node, file, law.sql())).collect()
    }

    /// Files with laws about tables that do not exist.
    pub(super) fn lawless(&self) -> impl Iterator<Item = Diagnostic> {
        let known = || self.tables.keys().map(TableName::to_string);
        self.check_files.iter().filter(|(name, _)| !self.tables.contains_key(name)).map(
            move |(name, file)| {
                let names: Vec<String> = known().collect();
                let message = format!("a file of checks stands beside no table: `{name}`");
                Diagnostic::error(codes::UNKNOWN_TABLE, message)
                    .at(Location::line(&*file.file, 1))
                    .did_you_mean(&name.to_string(), names.iter().map(String::as_str))
            },
        )
    }
}

fn check_law(planner: &Planner, node: &Node, file: &SqlFile, law: &str) -> Vec<Diagnostic> {
    let SqlFile { file, text, .. } = file;
    let query = match sql::parse(file, &Arc::from(law)) {
        Ok(query) => query,
        Err(mut fault) => {
            // The law is the file with the other statements blanked out.
            if let Some(place) = &mut fault.location {
                place.text = Some(Arc::clone(text));
            }
            return vec![fault];
        }
    };
    let mut found = Vec::new();
    for relation in sql::relations(&query) {
        let is_known =
            relation.table().is_some_and(|name| name == node.name || node.inputs.contains(&name));
        if !is_known {
            let message = format!("{} does not read `{}`", node.name, relation.parts.join("."));
            let mut readable: Vec<String> = node.inputs.iter().map(TableName::to_string).collect();
            readable.push(node.name.to_string());
            found.push(
                Diagnostic::error(codes::UNKNOWN_TABLE, message)
                    .at(sql::span_place(file, text, relation.span))
                    .hint(format!("a check may read {}", readable.join(", "))),
            );
        }
    }
    if found.is_empty() && planner.try_plan(&query).is_err() {
        let faults = recover::recover(planner, &query, &[]).faults;
        found.extend(
            faults.into_iter().map(|(fault, span)| {
                fault.into_diagnostic(Some(sql::span_place(file, text, span)))
            }),
        );
    }
    found
}
