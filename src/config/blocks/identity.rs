/*!
`identity:` says which identifiers may tie people together.

The guard is a constant of `identity_components` and the way to stitch decides which branch of
`core.identity_edges` has rows, so both become parameters: `$identity_max_edges` and
`$identity_stitch`. The words that stand for no identifier are the table `config.denied_identifiers`.
*/

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{
    params::{IDENTITY_MAX_EDGES, IDENTITY_STITCH, Param},
    pipeline::Pipeline,
    tables::Row,
};

/// What systems and people write where they know no identifier, in any pipeline.
const DENIED: [&str; 22] = [
    "",
    "-",
    "0",
    "(none)",
    "(not set)",
    "(null)",
    "anonymous",
    "guest",
    "n/a",
    "na",
    "nan",
    "nil",
    "none",
    "not set",
    "null",
    "test",
    "undefined",
    "unknown",
    "00000000-0000-0000-0000-000000000000",
    "noreply@example.com",
    "test@example.com",
    "test@test.com",
];

/// Which identifiers tie people together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// Whose a cookie is that several logins used; by default `component`.
    pub stitch: Stitch,
    /// An identifier seen beside more than this many others ties nobody; by default 50.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_edges: u32,
    /// Values that are nobody's identifier, such as the address of the desk or a shared login; case
    /// and blanks around them do not matter. They come on top of words like null, guest or
    /// test@example.com, which tie nobody in any pipeline.
    pub deny: Vec<String>,
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
        Self { stitch: Stitch::default(), max_edges: 50, deny: Vec::new() }
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

/// Rows of `config.denied_identifiers`.
pub(in crate::config) fn denied_rows(pipeline: &Pipeline) -> Vec<Row> {
    let own = pipeline.identity.deny.iter().map(|value| value.trim().to_lowercase());
    let denied: BTreeSet<String> =
        DENIED.iter().map(|word| (*word).to_owned()).chain(own).collect();
    denied.into_iter().map(|value| vec![Some(value)]).collect()
}
