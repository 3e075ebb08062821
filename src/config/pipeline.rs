/*!
A pipeline in which everything is decided: defaults filled in, presets and target laid over each
other, names resolved. Nothing after this reads the YAML again.
*/

use std::{collections::BTreeMap, sync::Arc};

use chrono_tz::Tz;
use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use super::{
    blocks::{
        attribution::Attribution, bots::Bots, changes::Change, enrich::Enrich,
        experiments::Experiment, funnels::Funnel, identity::Identity, journeys::Journey,
        segments::Segment, sessions::Sessions, subscriptions::Subscriptions, surveys::Surveys,
        tasks::Task,
    },
    generated::GeneratedSql,
    params::Param,
    source::Source,
    wire::EngineConfig,
};

pub use super::wire::MartConfig;
use crate::error::Location;

/// One pipeline, ready to be planned.
#[derive(Debug, Clone, Serialize)]
pub struct Pipeline {
    pub name: String,
    pub description: Option<String>,
    /// The file as the user would type it, and its text for snippets.
    #[serde(skip)]
    pub file: String,
    #[serde(skip)]
    pub text: Arc<str>,
    /// The target that was applied.
    pub target: Option<String>,
    #[serde(serialize_with = "zone_name")]
    pub timezone: Tz,
    pub currency: String,
    /// Always holds `as_of_date`.
    pub params: IndexMap<String, Param>,
    /// Always holds `marts` and `work`.
    pub locations: IndexMap<String, String>,
    pub engine: EngineOptions,
    pub sources: IndexMap<String, Source>,
    pub identity: Identity,
    pub sessions: Sessions,
    pub bots: Bots,
    pub journeys: IndexMap<String, Journey>,
    pub funnels: IndexMap<String, Funnel>,
    pub tasks: IndexMap<String, Task>,
    pub segments: IndexMap<String, Segment>,
    pub subscriptions: Subscriptions,
    pub attribution: Attribution,
    pub changes: IndexMap<String, Change>,
    pub experiments: IndexMap<String, Experiment>,
    pub surveys: Surveys,
    pub enrich: Enrich,
    pub marts: IndexMap<String, MartConfig>,
    pub late_days: u32,
    pub min_cell: u32,
    /// Where each source is declared, for faults that only its files show.
    #[serde(skip)]
    pub source_places: BTreeMap<String, Location>,
    #[serde(skip)]
    pub(super) generated: Vec<GeneratedSql>,
}

impl Pipeline {
    /// Whether a mart may be built.
    pub fn builds(&self, mart: &str) -> bool {
        self.marts.get(mart).and_then(|mart| mart.enabled).unwrap_or(true)
    }
}

fn zone_name<S: Serializer>(zone: &Tz, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(zone.name())
}

/// Memory, threads and scratch space; what is absent the engine decides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EngineOptions {
    /// Bytes.
    pub memory_limit: Option<u64>,
    pub threads: Option<usize>,
    pub spill_dir: Option<String>,
    /// Bytes.
    pub cache_limit: Option<u64>,
}

impl From<EngineConfig> for EngineOptions {
    fn from(config: EngineConfig) -> Self {
        Self {
            memory_limit: config.memory_limit.map(|size| size.0),
            threads: config.threads.map(|threads| threads as usize),
            spill_dir: config.spill_dir,
            cache_limit: config.cache_limit.map(|size| size.0),
        }
    }
}
