/*!
`bots:` says how fast no human clicks. Robots are flagged, never deleted.
*/

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell;
use crate::config::{formats::Timespan, tables::Row};

/// When a visitor is a robot, whatever it calls itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Bots {
    /// This many events …
    #[schemars(range(min = 2, max = 1_000_000))]
    pub max_event_count: u32,
    /// … within less than this time make a robot.
    pub within: Timespan,
}

/// The rule of Adobe Analytics: 100 hits in less than 100 seconds.
impl Default for Bots {
    fn default() -> Self {
        Self { max_event_count: 100, within: Timespan::of_seconds(100) }
    }
}

impl Bots {
    pub(in crate::config) fn rows(&self) -> Vec<Row> {
        vec![vec![cell(self.max_event_count), cell(self.within.seconds())]]
    }
}
