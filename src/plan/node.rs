/*!
The fingerprint of one table: everything its rows depend on, and nothing else.
*/

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::{
    array::RecordBatch,
    row::{RowConverter, SortField},
};
use sha2::{Digest, Sha256};

use super::{Request, SourceContent};
use crate::{
    catalog::{CODE_DIGEST, Kind, TableName},
    config::{
        limits::{Expect, Freshness},
        source::Source,
    },
    fingerprint::Fingerprint,
};

pub(super) fn fingerprint(
    request: &Request<'_>,
    name: &TableName,
    inputs: &BTreeSet<TableName>,
    known: &BTreeMap<&TableName, Fingerprint>,
) -> Fingerprint {
    let node = &request.catalog.tables[name];
    let mut builder = Fingerprint::of(node.kind.as_str())
        .with("code", CODE_DIGEST)
        .with("name", name.to_string());
    builder = match &node.kind {
        Kind::Raw { source, .. } => {
            let content = request.contents.get(source).cloned().unwrap_or_default();
            builder
                .with("source", request.sources.get(source).map(definition).unwrap_or_default())
                .with("content", listed(&content))
        }
        Kind::Rows(rows) => builder.with("rows", digest(rows)),
        _ => {
            let sql = node.query.as_ref().map(|query| query.to_string()).unwrap_or_default();
            if sql.to_lowercase().contains("pseudonymize(") {
                builder = builder.with("pseudonym key", request.pseudonym_key);
            }
            builder
                .with("sql", &sql)
                .with("header", serde_json::to_string(&node.header).unwrap_or_default())
                .with("mart", mart_settings(request, name))
        }
    };
    for input in inputs {
        if let Some(print) = known.get(input) {
            builder = builder.with(&input.to_string(), print.as_str());
        }
    }
    builder.finish()
}

/// What the pipeline says about a mart.
fn mart_settings(request: &Request<'_>, name: &TableName) -> String {
    let settings = request.marts.get(&name.name).filter(|_| name.schema == "marts");
    serde_json::to_string(&settings).unwrap_or_default()
}

/// What a source says about its files' content; where they lie and what is promised of them does
/// not matter.
fn definition(source: &Source) -> String {
    let freshness = Freshness { column: source.freshness.column.clone(), ..Freshness::default() };
    let placeless = Source {
        path: String::new(),
        description: None,
        freshness,
        expect: Expect::default(),
        ..source.clone()
    };
    serde_json::to_string(&placeless).unwrap_or_default()
}

fn listed(content: &SourceContent) -> String {
    let mut files: Vec<String> =
        content.files.iter().map(|(id, period)| format!("{id} {period:?}")).collect();
    files.sort();
    files.join("\n")
}

fn digest(rows: &RecordBatch) -> String {
    let fields = rows
        .schema()
        .fields()
        .iter()
        .map(|field| SortField::new(field.data_type().clone()))
        .collect();
    let mut hash = Sha256::new();
    hash.update(rows.schema().to_string());
    let converted = RowConverter::new(fields)
        .and_then(|converter| converter.convert_columns(rows.columns()))
        .expect("configuration rows hold scalars");
    for row in &converted {
        hash.update(row.as_ref());
    }
    format!("{:x}", hash.finalize())
}
