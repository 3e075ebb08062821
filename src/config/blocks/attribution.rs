/*!
`attribution:` says which touches a conversion is shared out among.

The half-life is a constant of the function, so it becomes the parameter
`$attribution_half_life_seconds`; the rest becomes `config.attribution` and
`config.attribution_models`.
*/

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell;
use crate::config::{
    formats::Timespan,
    params::{ATTRIBUTION_HALF_LIFE_SECONDS, Param},
    tables::Row,
};

/// How conversions are shared out among the touches before them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Attribution {
    /// The models to compute; by default all of them.
    pub models: Vec<AttributionModel>,
    /// How long before a conversion touches count; by default `30d`.
    pub lookback: Timespan,
    /// The age at which a touch counts half in `time_decay`; by default `7d`.
    pub half_life: Timespan,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttributionModel {
    /// All to the first touch.
    First,
    /// All to the last touch.
    Last,
    /// All to the last touch that is not direct.
    LastNonDirect,
    /// Equal shares.
    Linear,
    /// 40 % to the first, 40 % to the last, the rest shared.
    Position,
    /// The nearer the more.
    TimeDecay,
    /// By what would be lost without the channel, from a Markov chain.
    Markov,
    /// By what the channel adds to the others, as its Shapley value.
    Shapley,
}

impl AttributionModel {
    const ALL: [Self; 8] = [
        Self::First,
        Self::Last,
        Self::LastNonDirect,
        Self::Linear,
        Self::Position,
        Self::TimeDecay,
        Self::Markov,
        Self::Shapley,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
            Self::LastNonDirect => "last_non_direct",
            Self::Linear => "linear",
            Self::Position => "position",
            Self::TimeDecay => "time_decay",
            Self::Markov => "markov",
            Self::Shapley => "shapley",
        }
    }
}

impl Default for Attribution {
    fn default() -> Self {
        Self {
            models: AttributionModel::ALL.to_vec(),
            lookback: Timespan::days(30),
            half_life: Timespan::days(7),
        }
    }
}

impl Attribution {
    pub(in crate::config) fn params(&self) -> [(&'static str, Param); 1] {
        let half_life = Param::count(
            self.half_life.seconds(),
            "Seconds after which a touch counts half as much.",
        );
        [(ATTRIBUTION_HALF_LIFE_SECONDS, half_life)]
    }

    pub(in crate::config) fn rows(&self) -> Vec<Row> {
        vec![vec![cell(self.lookback.seconds())]]
    }

    pub(in crate::config) fn model_rows(&self) -> Vec<Row> {
        let mut names: Vec<&str> = self.models.iter().map(|model| model.name()).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|name| vec![cell(name)]).collect()
    }
}
