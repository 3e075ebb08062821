/*!
`sessions:` says when a visit ends.

A window function takes its rules as a constant, so those of the pipeline become a parameter,
`$session_rules`; `config.session_definitions` lists them with those that they are compared with.
*/

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{
    formats::Timespan,
    params::{Param, SESSION_RULES},
    pipeline::Pipeline,
    tables::Row,
};

/// When a visit ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sessions {
    /// Whose rules hold; by default `ga4`.
    pub preset: SessionPreset,
    /// A longer silence ends the visit; exactly this long does not. By default 30 minutes.
    pub gap: Option<Timespan>,
    /// Rules whose figures `marts.session_definitions` shows beside those of the pipeline.
    pub compare_with: Vec<SessionPreset>,
}

/// The rules of a vendor, as `sessionize` knows them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionPreset {
    /// Google Analytics 4: 30 minutes of silence.
    #[default]
    Ga4,
    /// Universal Analytics: also local midnight and another campaign.
    Ua,
    /// Matomo: the same.
    Matomo,
    /// Adobe Analytics: 30 minutes of silence, 12 hours, 2,500 events, 100 events within 100 seconds.
    Adobe,
    /// PostHog: 30 minutes of silence, 24 hours.
    Posthog,
}

impl SessionPreset {
    fn name(self) -> &'static str {
        match self {
            Self::Ga4 => "ga4",
            Self::Ua => "ua",
            Self::Matomo => "matomo",
            Self::Adobe => "adobe",
            Self::Posthog => "posthog",
        }
    }
}

impl Sessions {
    /// The rules of the pipeline, as `sessionize` takes them.
    fn rules(&self) -> String {
        let preset = self.preset.name();
        match &self.gap {
            Some(gap) => format!("{preset},gap={}", gap.seconds()),
            None => preset.to_owned(),
        }
    }

    pub(in crate::config) fn params(&self) -> [(&'static str, Param); 1] {
        [(
            SESSION_RULES,
            Param::word(&self.rules(), "When a visit ends, as `sessionize` takes it."),
        )]
    }
}

/// `config.session_definitions`: the pipeline's own first, each once.
pub(in crate::config) fn rows(pipeline: &Pipeline) -> Vec<Row> {
    let own = pipeline.sessions.rules();
    let mut definitions = vec![own.clone()];
    for preset in &pipeline.sessions.compare_with {
        let name = preset.name().to_owned();
        if !definitions.contains(&name) {
            definitions.push(name);
        }
    }
    let row = |definition: String| {
        let is_used = definition == own;
        vec![Some(definition), Some(is_used.to_string())]
    };
    definitions.into_iter().map(row).collect()
}
