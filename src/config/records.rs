/*!
What the rows of a source mean to each other: which of them delete, and which cells stand for several.
*/

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rows that say their record is gone. With a `key` the mark counts where the latest version of a record has it; a marked row without `order_by` deletes for good. Without a `key` marked rows are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deletes {
    /// The column that holds the mark.
    pub column: String,
    /// Its values that mean deleted, as text; by default `true`. Marked rows need no other column than the key.
    #[serde(default = "marks")]
    pub values: Vec<String>,
}

fn marks() -> Vec<String> {
    vec!["true".to_owned()]
}

/// Cells that stand once for several rows, as the totals of an order in the first of its lines: a blank cell takes the value above it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FillDown {
    /// The column whose equal values hold the rows together, such as the order's number.
    pub within: String,
    /// The columns to fill.
    pub columns: Vec<String>,
}
