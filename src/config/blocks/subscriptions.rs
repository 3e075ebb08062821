/*!
`subscriptions:` settles the questions on which definitions of churn and renewal differ.
*/

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell;
use crate::config::tables::Row;

/// How subscriptions are counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Subscriptions {
    /// Days after a term's end within which it can be renewed; a longer gap is churn at the term's end.
    #[schemars(range(max = 366))]
    pub renewal_grace_days: u32,
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self { renewal_grace_days: 30 }
    }
}

impl Subscriptions {
    pub(in crate::config) fn rows(&self) -> Vec<Row> {
        vec![vec![cell(self.renewal_grace_days)]]
    }
}
