/*!
`sessions:` says when a visit ends.

The presets are the rules that the named tools document: Google Analytics 4 (support.google.com
answer 9191807), Universal Analytics (answer 2731565), Matomo (faq 36), Adobe Analytics visits and
PostHog sessions.
*/

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell;
use crate::config::{formats::Timespan, tables::Row};

/// When a visit ends. Keys that are given replace those of the preset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// The tool whose rules hold; by default `ga4`.
    pub preset: Option<SessionPreset>,
    /// A longer silence ends the visit; exactly this long does not.
    pub gap: Option<Timespan>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionPreset {
    /// 30 minutes of silence.
    #[default]
    Ga4,
    /// 30 minutes, local midnight, another campaign.
    Ua,
    /// 30 minutes, local midnight, another campaign.
    Matomo,
    /// 30 minutes, 12 hours, 2,500 events.
    Adobe,
    /// 30 minutes, 24 hours.
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
    pub(in crate::config) fn rows(&self) -> Vec<Row> {
        use SessionPreset::{Adobe, Ga4, Matomo, Posthog, Ua};
        let preset = self.preset.unwrap_or_default();
        let cuts = matches!(preset, Ua | Matomo);
        let (longest, most) = match preset {
            Adobe => (Some(Timespan::hours(12)), Some(2_500)),
            Posthog => (Some(Timespan::hours(24)), None),
            Ga4 | Ua | Matomo => (None, None),
        };
        let gap = self.gap.unwrap_or(Timespan::minutes(30));
        vec![vec![
            (self.preset.is_some() || self.gap.is_none()).then(|| preset.name().to_owned()),
            cell(gap.seconds()),
            cell(cuts),
            cell(cuts),
            longest.map(|longest| longest.seconds().to_string()),
            most.map(|most: u32| most.to_string()),
        ]]
    }
}
