/*!
`identity:` says which identifiers may tie people together.

The guard is a constant of `identity_components` and the way to stitch decides which branch of
`core.identity_edges` has rows, so both become parameters: `$identity_max_edges` and
`$identity_stitch`.
*/

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::params::{IDENTITY_MAX_EDGES, IDENTITY_STITCH, Param};

/// Which identifiers tie people together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// Whose a cookie is that several logins used; by default `component`.
    pub stitch: Stitch,
    /// An identifier seen beside more than this many others ties nobody; by default 50.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_edges: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stitch {
    /// Everybody who used it is one person, up to `max_edges`.
    #[default]
    Component,
    /// The login that was seen on it last.
    LastUser,
    /// The login that was seen on it first.
    FirstUser,
}

impl Default for Identity {
    fn default() -> Self {
        Self { stitch: Stitch::default(), max_edges: 50 }
    }
}

impl Identity {
    pub(in crate::config) fn params(&self) -> [(&'static str, Param); 2] {
        let stitch = match self.stitch {
            Stitch::Component => "component",
            Stitch::LastUser => "last_user",
            Stitch::FirstUser => "first_user",
        };
        [
            (
                IDENTITY_MAX_EDGES,
                Param::count(
                    self.max_edges.into(),
                    "Most other identifiers beside which one still ties people together.",
                ),
            ),
            (IDENTITY_STITCH, Param::word(stitch, "Whose a cookie is that several logins used.")),
        ]
    }
}
