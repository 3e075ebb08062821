/*!
What a source promises about its exports, held against the clock and against earlier runs.
*/

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::formats::Timespan;

/// How old the newest row may be when a run starts. A run that finds it older than `error_after` publishes nothing and exits with 4.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Freshness {
    /// Older than this is a warning.
    pub warn_after: Option<Timespan>,
    /// Older than this is an error, and nothing is published.
    pub error_after: Option<Timespan>,
    /// The date or timestamp column that says when a row was written; by default the first of `order_by`. A date counts from its first moment in UTC.
    pub column: Option<String>,
}

/// What exports bring when all is well. A run in which they do not publishes nothing and exits with 4.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Files for each day from the first to the last, by the `{date:…}` of `path`. Of several a day the last day may still lack some.
    #[schemars(range(min = 1))]
    pub files_per_day: Option<u32>,
    /// By which share the number of loaded rows may differ from the median of the last seven published runs of this work folder: 0.5 allows half as many and half as many more.
    #[schemars(range(min = 0.0))]
    pub row_change: Option<f64>,
    /// By how much the share of empty cells of any column may differ from the median of those runs: 0.1 allows 12 % where there were 2 %.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub null_change: Option<f64>,
}
