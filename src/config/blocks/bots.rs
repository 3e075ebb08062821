/*!
`bots:` says how fast no human clicks. Robots are flagged, never deleted.

A window function takes its offset as a constant, so the block becomes parameters instead of a table:
`$bot_event_count` and `$bot_within_seconds`.
*/

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{
    formats::Timespan,
    params::{BOT_EVENT_COUNT, BOT_WITHIN_SECONDS, Param},
};

/// When a visitor is a robot, whatever it calls itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Bots {
    /// This many events …
    #[schemars(range(min = 2, max = 1_000_000))]
    pub event_count: u32,
    /// … within less than this time make a robot.
    pub within: Timespan,
}

/// The rule of Adobe Analytics: 100 hits in less than 100 seconds.
impl Default for Bots {
    fn default() -> Self {
        Self { event_count: 100, within: Timespan::from_seconds(100) }
    }
}

impl Bots {
    pub(in crate::config) fn params(&self) -> [(&'static str, Param); 2] {
        let count = Param::count(self.event_count.into(), "Events that make a robot …");
        let within = Param::count(self.within.seconds(), "… within less than these seconds.");
        [(BOT_EVENT_COUNT, count), (BOT_WITHIN_SECONDS, within)]
    }
}
