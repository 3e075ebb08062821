/*!
What a metric or table means: found in the manifest by name.

A subject is `schema.table`, `schema.table.column`, or the bare name of a column or table. A bare
name stands for the marts that have it; where no mart does, for every table that does.
*/

use serde::Serialize;

use super::manifest::{Manifest, ManifestColumn, ManifestTable, Setting};
use crate::error::{Diagnostic, Error, Kind, Result, codes};

/// Everything that a subject may stand for.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Explanation {
    pub tables: Vec<ManifestTable>,
    pub columns: Vec<ExplainedColumn>,
    /// Columns of that name in tables before the marts.
    pub also: Vec<String>,
}

/// A column, with what its table says that the column depends on.
#[derive(Debug, Clone, Serialize)]
pub struct ExplainedColumn {
    pub table: String,
    pub column: ManifestColumn,
    /// The columns that identify a row of the table.
    pub grain: Vec<String>,
    pub table_description: Option<String>,
    pub settings: Vec<Setting>,
}

/// Finds a subject, or names the nearest one there is.
pub fn explain(manifest: &Manifest, subject: &str) -> Result<Explanation> {
    let wanted = subject.to_lowercase();
    let mut found = Explanation::default();
    for table in &manifest.tables {
        let bare = table.name.split_once('.').map_or("", |(_, bare)| bare);
        if wanted == table.name || wanted == bare {
            found.tables.push(table.clone());
        }
        for column in &table.columns {
            if wanted == column.name || wanted == format!("{}.{}", table.name, column.name) {
                found.columns.push(explained(table, column));
            }
        }
    }
    found.prefer_marts();
    // Where several tables have it, the one that defines it comes first.
    found.columns.sort_by_key(|it| it.column.definition.is_none());
    if found.tables.is_empty() && found.columns.is_empty() {
        return Err(unknown(manifest, subject));
    }
    Ok(found)
}

fn explained(table: &ManifestTable, column: &ManifestColumn) -> ExplainedColumn {
    ExplainedColumn {
        table: table.name.clone(),
        column: column.clone(),
        grain: table.grain.clone(),
        table_description: table.description.clone(),
        settings: table.settings.clone(),
    }
}

impl Explanation {
    /// Where marts have the name, the tables before them are only mentioned.
    fn prefer_marts(&mut self) {
        let is_mart = |name: &str| name.starts_with("marts.");
        if self.tables.iter().any(|table| is_mart(&table.name)) {
            self.tables.retain(|table| is_mart(&table.name));
        }
        if self.columns.iter().any(|column| is_mart(&column.table)) {
            let (marts, others) =
                std::mem::take(&mut self.columns).into_iter().partition(|it| is_mart(&it.table));
            self.columns = marts;
            let others: Vec<ExplainedColumn> = others;
            self.also = others
                .iter()
                .map(|other| format!("{}.{}", other.table, other.column.name))
                .collect();
        }
    }
}

fn unknown(manifest: &Manifest, subject: &str) -> Error {
    let mut names: Vec<String> = Vec::new();
    for table in &manifest.tables {
        names.push(table.name.clone());
        let whole = subject.matches('.').count() == 2;
        names.extend(table.columns.iter().map(|column| match whole {
            true => format!("{}.{}", table.name, column.name),
            false => column.name.clone(),
        }));
    }
    names.sort();
    names.dedup();
    let message = format!("`{subject}` is no diagnostic code, metric or table");
    let unknown = Diagnostic::error(codes::UNKNOWN_NAME, message)
        .did_you_mean(subject, names.iter().map(String::as_str));
    let unknown = match unknown.hint {
        Some(ref hint) if hint.starts_with("did you mean") => unknown,
        _ => unknown
            .hint("`journeymart ls` lists the tables, `journeymart explain TABLE` its columns"),
    };
    Error::new(Kind::Usage, unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let column = |name: &str| ManifestColumn { name: name.into(), ..Default::default() };
        let table = |name: &str, columns: &[&str]| ManifestTable {
            name: name.into(),
            kind: "sql".into(),
            file: String::new(),
            description: Some(format!("About {name}.")),
            definition: None,
            authority: None,
            grain: vec!["id".into()],
            inputs: Vec::new(),
            settings: Vec::new(),
            columns: columns.iter().map(|name| column(name)).collect(),
            used: Vec::new(),
        };
        Manifest {
            schema_version: 1,
            pipeline: "p".into(),
            tables: vec![
                table("core.renewals", &["id", "status"]),
                table("core.terms", &["id"]),
                table("marts.renewals", &["id", "renewal_rate"]),
            ],
        }
    }

    fn found(subject: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
        let found = explain(&manifest(), subject).unwrap();
        let columns = found.columns.iter().map(|it| format!("{}.{}", it.table, it.column.name));
        (found.tables.iter().map(|it| it.name.clone()).collect(), columns.collect(), found.also)
    }

    #[test]
    fn names_are_found_over_all_tables() {
        let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let none = Vec::new;
        assert_eq!(found("Renewal_rate"), (none(), list(&["marts.renewals.renewal_rate"]), none()));
        assert_eq!(found("renewals"), (list(&["marts.renewals"]), none(), none()));
        assert_eq!(found("core.renewals"), (list(&["core.renewals"]), none(), none()));
        assert_eq!(found("status"), (none(), list(&["core.renewals.status"]), none()));
        assert_eq!(
            found("id"),
            (none(), list(&["marts.renewals.id"]), list(&["core.renewals.id", "core.terms.id"]))
        );
        assert_eq!(found("core.terms.id"), (none(), list(&["core.terms.id"]), none()));
    }

    #[test]
    fn unknown_names_have_a_nearest_one_or_a_way_to_look() {
        for (subject, hint) in [
            ("renewal_rte", "did you mean `renewal_rate`?"),
            ("marts.renewal", "did you mean `marts.renewals`?"),
            ("core.terms.idd", "did you mean `core.terms.id`?"),
            ("something_else_entirely", "`journeymart ls` lists the tables"),
        ] {
            let error = explain(&manifest(), subject).unwrap_err();
            assert!(error.to_string().contains(hint), "{subject}: {error}");
        }
    }
}
