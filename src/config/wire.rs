/*!
A pipeline as it is written. Holds only what was typed; defaults are filled in by the modules that
own the blocks. Every comment here is the key's reference text.
*/

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    blocks::{
        attribution::Attribution, bots::Bots, changes::Change, enrich::Enrich,
        experiments::Experiment, funnels::Funnel, identity::Identity, journeys::Journey,
        segments::Segment, sessions::Sessions, subscriptions::Subscriptions, surveys::Surveys,
        tasks::Task,
    },
    formats::{ByteSize, Currency, Name, TimeZone},
    params::{ParamConfig, Text},
    source::SourceConfig,
};

/// A journeymart pipeline: which exports are loaded, what the domain's words mean, where the marts go.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["version", "pipeline", "sources"]))]
pub(crate) struct PipelineConfig {
    /// The version of this format: 1.
    #[expect(dead_code, reason = "checked against the schema's range, which admits one value")]
    #[schemars(range(min = 1, max = 1))]
    pub(crate) version: Option<u32>,
    /// The pipeline's name. A marts location belongs to one name.
    pub(crate) pipeline: Option<Name>,
    /// What the pipeline is for, in a sentence.
    pub(crate) description: Option<String>,
    /// The local calendar of days, months and cohorts; by default UTC.
    pub(crate) timezone: Option<TimeZone>,
    /// The currency that reports are in; by default EUR.
    pub(crate) currency: Option<Currency>,
    /// What a run can be asked about: `$name` in SQL.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub(crate) params: IndexMap<String, ParamConfig>,
    /// Where things are: `exports`, `marts` (by default `out/marts`), `work` (by default `.journeymart`) and names of your own. A path is relative to the project; URLs are `file://`, `s3://`, `gs://`, `az://` and, to read from, `https://`.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub(crate) locations: IndexMap<String, String>,
    /// Memory, threads and scratch space.
    #[serde(default)]
    pub(crate) engine: EngineConfig,
    /// The exports, by the name of their `raw` table.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub(crate) sources: IndexMap<String, SourceConfig>,
    /// Which identifiers tie people together.
    #[serde(default)]
    pub(crate) identity: Identity,
    /// When a visit ends.
    #[serde(default)]
    pub(crate) sessions: Sessions,
    /// When a visitor is a robot.
    #[serde(default)]
    pub(crate) bots: Bots,
    /// The journeys and their stages.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub(crate) journeys: IndexMap<String, Journey>,
    /// The funnels and their steps.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub(crate) funnels: IndexMap<String, Funnel>,
    /// What people try to get done.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub(crate) tasks: IndexMap<String, Task>,
    /// Groups of customers that one condition says.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub(crate) segments: IndexMap<String, Segment>,
    /// How subscriptions are counted.
    #[serde(default)]
    pub(crate) subscriptions: Subscriptions,
    /// How conversions are shared out among the touches before them.
    #[serde(default)]
    pub(crate) attribution: Attribution,
    /// What the company changed.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub(crate) changes: IndexMap<String, Change>,
    /// How experiments are judged.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub(crate) experiments: IndexMap<String, Experiment>,
    /// How the answers to open questions are read.
    #[serde(default)]
    pub(crate) surveys: Surveys,
    /// What data from elsewhere may be used for.
    #[serde(default)]
    pub(crate) enrich: Enrich,
    #[expect(dead_code, reason = "the one asked for was laid over the rest before this is typed")]
    /// What is different elsewhere: `-t prod` lays the keys of `prod` over the pipeline's.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub(crate) targets: IndexMap<String, TargetConfig>,
    /// How single marts are published. Which ones are built follows from the sources.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub(crate) marts: IndexMap<String, MartConfig>,
    /// Days that an event may arrive late; younger periods are not complete. By default 3.
    #[schemars(range(max = 366))]
    pub(crate) late_days: Option<u32>,
    /// The smallest number of customers whose figures are shown; by default 10.
    #[schemars(range(max = 1_000_000))]
    pub(crate) min_cell: Option<u32>,
}

/// Memory, threads and scratch space.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EngineConfig {
    /// The memory that tables may use before they spill; by default 60 % of what the process may have.
    pub(crate) memory_limit: Option<ByteSize>,
    /// How many threads work; by default one per core.
    #[schemars(range(min = 1, max = 1024))]
    pub(crate) threads: Option<u32>,
    /// The folder for large tables and what does not fit in memory; by default within `work`.
    pub(crate) spill_dir: Option<String>,
    /// How much the cache may keep between runs.
    pub(crate) cache_limit: Option<ByteSize>,
}

/// What a target lays over the pipeline.
#[expect(dead_code, reason = "describes and checks the keys; laying over happens before typing")]
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetConfig {
    /// Locations, by name.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub(crate) locations: IndexMap<String, String>,
    /// Values of parameters, by name.
    #[serde(default)]
    pub(crate) params: IndexMap<String, Text>,
    /// Memory, threads and scratch space.
    #[serde(default)]
    pub(crate) engine: EngineConfig,
}

/// How a mart is published.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MartConfig {
    /// The order of its rows; by default what its SQL says, else its grain.
    pub sort_by: Option<Vec<String>>,
    /// Whether it is built and published; by default it is.
    pub enabled: Option<bool>,
}
