/*!
`sessions:` says when a visit ends.

A window function takes its gap as a constant, so the block becomes a parameter instead of a table:
`$session_gap_seconds`.
*/

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{
    formats::Timespan,
    params::{Param, SESSION_GAP_SECONDS},
};

/// When a visit ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sessions {
    /// A longer silence ends the visit; exactly this long does not.
    pub gap: Timespan,
}

/// The rule of Google Analytics 4 (support.google.com answer 9191807): 30 minutes.
impl Default for Sessions {
    fn default() -> Self {
        Self { gap: Timespan::minutes(30) }
    }
}

impl Sessions {
    pub(in crate::config) fn params(&self) -> [(&'static str, Param); 1] {
        let gap = Param::count(self.gap.seconds(), "Seconds of silence after which a visit ends.");
        [(SESSION_GAP_SECONDS, gap)]
    }
}
