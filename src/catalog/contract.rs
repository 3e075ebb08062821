/*!
Contracts: the typed tables where vendors' exports meet the standard SQL.

A contract is the union by name of every mapping that feeds it, in the contract's columns and types
behind `source_id` and `namespace`; a column that a mapping lacks is null, and with no mapping at all the table is
empty but typed. Rows that happened at or after `$as_of` are left out here, so that no other file
repeats that filter.
*/

use std::sync::Arc;

use datafusion::{arrow::datatypes::SchemaRef, sql::sqlparser::ast::Query};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    config::{source::Column, types::ColumnType, yaml},
    engine::{arrow_schema, arrow_type},
    error::{Diagnostic, Diagnostics, codes},
};

use super::{name::TableName, sql};

/// The columns that every contract starts with: the source that a row came from, and the namespace
/// in which its ids are unique (the source's own, or one that sources share).
pub const SOURCE_COLUMNS: [&str; 2] = ["source_id", "namespace"];

/// A contract: the columns of one `inbound` table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// What one row is, in a sentence.
    pub description: Option<String>,
    /// The column that says when it happened; rows at or after `$as_of` are dropped.
    pub event_time: Option<String>,
    /// The columns that identify a row within its source.
    #[serde(default)]
    pub key: Vec<String>,
    /// The columns in their order.
    pub columns: IndexMap<String, ContractColumn>,
}

/// A column of a contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractColumn {
    /// `string`, `int64`, `float64`, `decimal(p,s)`, `bool`, `date`, `timestamp`, `json` or a nested type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Whether every mapping must fill it.
    #[serde(default)]
    pub required: bool,
    /// What the column means.
    pub description: Option<String>,
    /// The unit of the values.
    pub unit: Option<String>,
    /// The class of personal data.
    pub pii: Option<String>,
}

impl ContractColumn {
    /// A column that a source carries.
    pub fn of(column: &Column) -> Self {
        Self {
            column_type: column.column_type.clone(),
            required: false,
            description: column.description.clone(),
            unit: None,
            pii: column.pii.clone(),
        }
    }
}

impl Contract {
    pub fn read(file: &str, text: &Arc<str>, found: &mut Diagnostics) -> Option<Self> {
        let (contract, document) = yaml::read::<Self>(file, text, 0..text.len(), found)?;
        let known = |name: &String| contract.columns.contains_key(name);
        let unknown = |name: &str| -> Diagnostic {
            Diagnostic::error(codes::UNKNOWN_COLUMN, format!("the contract has no column `{name}`"))
                .did_you_mean(name, contract.columns.keys().map(String::as_str))
        };
        if let Some(name) = contract.event_time.as_ref().filter(|name| !known(name)) {
            found.push(unknown(name).at(document.root().key("event_time").location()));
        }
        for (index, name) in contract.key.iter().enumerate().filter(|(_, name)| !known(name)) {
            found.push(unknown(name).at(document.root().key("key").item(index).location()));
        }
        Some(contract)
    }

    /// The columns that say where a row comes from, and those of the contract.
    pub fn schema(&self) -> SchemaRef {
        let own = self.columns.iter().map(|(name, column)| (name.as_str(), &column.column_type));
        arrow_schema(SOURCE_COLUMNS.map(|name| (name, &ColumnType::String)).into_iter().chain(own))
    }

    /// The query that fills the contract's table.
    pub fn query(&self, mappings: &[Mapping]) -> Query {
        let text = match mappings {
            [] => format!("{} where false", self.select(None)),
            _ => mappings
                .iter()
                .map(|mapping| self.select(Some(mapping)))
                .collect::<Vec<_>>()
                .join(" union all "),
        };
        sql::parse("contract", &text.into()).expect("generated from quoted names and known types")
    }

    fn select(&self, mapping: Option<&Mapping>) -> String {
        let own = mapping.map(|mapping| [&mapping.source, &mapping.namespace]);
        let mut items: Vec<String> = SOURCE_COLUMNS
            .iter()
            .enumerate()
            .map(|(index, name)| match own {
                Some(own) => format!("{} as {name}", quoted_text(own[index])),
                None => format!("cast(null as varchar) as {name}"),
            })
            .collect();
        for (name, column) in &self.columns {
            let is_filled = mapping.is_some_and(|mapping| mapping.columns.contains(name));
            let value = if is_filled { quoted_name(name) } else { "null".to_owned() };
            let target = quoted_text(&arrow_type(&column.column_type).to_string());
            items.push(format!("arrow_cast({value}, {target}) as {}", quoted_name(name)));
        }
        let mut select = format!("select {}", items.join(", "));
        if let Some(mapping) = mapping {
            let TableName { schema, name } = &mapping.table;
            select += &format!(" from {}.{}", quoted_name(schema), quoted_name(name));
            select += &self
                .until_as_of(mapping)
                .map(|filter| format!(" where {filter}"))
                .unwrap_or_default();
        }
        select
    }

    /// A row without an event time cannot lie in the future and stays.
    fn until_as_of(&self, mapping: &Mapping) -> Option<String> {
        let name = self.event_time.as_ref().filter(|name| mapping.columns.contains(name))?;
        let (name, column) = (quoted_name(name), &self.columns[name.as_str()]);
        Some(match column.column_type {
            ColumnType::Date => format!("({name} <= $as_of_date) is not false"),
            _ => format!("({name} < $as_of) is not false"),
        })
    }
}

/// A mapping that feeds a contract.
#[derive(Debug, Clone)]
pub struct Mapping {
    pub table: TableName,
    pub source: String,
    pub namespace: String,
    /// The names of the columns that it returns.
    pub columns: Vec<String>,
}

fn quoted_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn quoted_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract() -> Contract {
        let text: Arc<str> = "event_time: paid_at\nkey: [id]\ncolumns:\n  id: {type: string, required: true}\n  paid_at: {type: timestamp}\n  amount: {type: \"decimal(18,4)\"}\n".into();
        let mut found = Diagnostics::default();
        let contract = Contract::read("sql/inbound/payments.yaml", &text, &mut found);
        found.finish().unwrap();
        contract.unwrap()
    }

    #[test]
    fn a_contract_is_the_union_by_name_of_its_mappings() {
        let mapping = |source: &str, columns: &[&str]| Mapping {
            table: TableName::new("mappings", source),
            source: source.to_owned(),
            namespace: "acme".to_owned(),
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        };
        let query = contract()
            .query(&[mapping("shop", &["amount", "id"]), mapping("till's", &["paid_at", "id"])]);
        let money = "'Decimal128(18, 4)'";
        let time = "'Timestamp(µs, \"UTC\")'";
        assert_eq!(
            query.to_string(),
            format!(
                "SELECT 'shop' AS source_id, 'acme' AS namespace, arrow_cast(\"id\", 'Utf8') AS \"id\", \
                 arrow_cast(NULL, {time}) AS \"paid_at\", arrow_cast(\"amount\", {money}) AS \"amount\" \
                 FROM \"mappings\".\"shop\" UNION ALL \
                 SELECT 'till''s' AS source_id, 'acme' AS namespace, arrow_cast(\"id\", 'Utf8') AS \"id\", \
                 arrow_cast(\"paid_at\", {time}) AS \"paid_at\", arrow_cast(NULL, {money}) AS \"amount\" \
                 FROM \"mappings\".\"till's\" WHERE (\"paid_at\" < $as_of) IS NOT FALSE"
            )
        );
    }

    #[test]
    fn a_contract_that_nothing_feeds_is_empty() {
        let text = contract().query(&[]).to_string();
        assert!(text.ends_with("WHERE false"), "{text}");
        assert_eq!(contract().schema().field(0).name(), "source_id");
    }
}
