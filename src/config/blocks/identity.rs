/*!
`identity:` guards the graph that makes one person of many identifiers.
*/

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell;
use crate::config::tables::Row;

/// What keeps strangers from becoming one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// An identifier that is linked to more others than this (a shared mailbox, a shop's device) links nobody.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_edges: u32,
    /// Values that identify nobody, in any kind of identifier. Case does not matter.
    pub deny: Vec<String>,
}

impl Default for Identity {
    fn default() -> Self {
        let nobody = ["null", "none", "undefined", "unknown", "n/a", "0", "test@example.com"];
        Self { max_edges: 50, deny: nobody.map(str::to_owned).to_vec() }
    }
}

impl Identity {
    pub(in crate::config) fn rows(&self) -> Vec<Row> {
        vec![vec![cell(self.max_edges)]]
    }

    pub(in crate::config) fn denied_rows(&self) -> Vec<Row> {
        let mut values: Vec<String> = self.deny.iter().map(|value| value.to_lowercase()).collect();
        values.sort();
        values.dedup();
        values.into_iter().map(|value| vec![Some(value)]).collect()
    }
}
