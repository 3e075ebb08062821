/*!
`funnels:` declares chains of steps.

Compiles to `config.funnels`, `config.funnel_steps` and the SQL of `journeys.funnel_matches` and
`journeys.funnel_depths`: window and mode of `window_funnel` are constants of each funnel.
*/

use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use super::cell;
use crate::config::{
    formats::{Predicate, Timespan},
    generated::{GeneratedSql, SqlWriter},
    pipeline::Pipeline,
    tables::Row,
    yaml::Place,
};

/// One funnel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["steps"]))]
pub struct Funnel {
    /// What the funnel is, in a sentence.
    pub description: Option<String>,
    /// The steps in their order: names of events, or a name and a condition.
    #[serde(default)]
    #[schemars(length(min = 1, max = 32))]
    pub steps: Vec<Step>,
    /// The longest time from the first step to the last; by default `1d`.
    pub window: Option<Timespan>,
    /// How strictly the steps follow each other; by default `ordered`.
    pub mode: Option<FunnelMode>,
    /// Who goes through the funnel; by default `customer`.
    pub unit: Option<FunnelUnit>,
}

/// One step: the name of an event, or a name with a condition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Step {
    /// Touchpoints with this `event_name`.
    Event(String),
    /// Touchpoints for which the condition holds.
    Condition { name: String, when: Predicate },
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelMode {
    /// Other events may come between the steps.
    #[default]
    Ordered,
    /// Only a step's successor may come after it.
    StrictOrder,
    /// Each step is later than the one before, never at the same time.
    StrictIncrease,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelUnit {
    /// A customer, over all visits and devices.
    #[default]
    Customer,
    /// A single visit.
    Session,
}

impl Step {
    fn name(&self) -> &str {
        match self {
            Self::Event(name) | Self::Condition { name, .. } => name,
        }
    }
}

/// A step that is spelled out.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["name", "when"]))]
struct StepCondition {
    /// The step's name.
    #[serde(default)]
    name: String,
    /// Which touchpoints take it: a condition over the columns of `core.touchpoints`.
    #[serde(default)]
    when: Predicate,
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Step;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of an event, or a name and a condition")
            }

            fn visit_str<E>(self, name: &str) -> Result<Step, E> {
                Ok(Step::Event(name.to_owned()))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Step, A::Error> {
                let step = StepCondition::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Step::Condition { name: step.name, when: step.when })
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Step {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "The name of an event, or a name with a condition.",
            "anyOf": [{"type": "string"}, generator.subschema_for::<StepCondition>()]
        })
    }
}

const WINDOW: Timespan = Timespan::days(1);

pub(in crate::config) fn rows(pipeline: &Pipeline) -> Vec<Row> {
    let row = |(name, funnel): (&String, &Funnel)| {
        let mode = match funnel.mode.unwrap_or_default() {
            FunnelMode::Ordered => "ordered",
            FunnelMode::StrictOrder => "strict_order",
            FunnelMode::StrictIncrease => "strict_increase",
        };
        let unit = match funnel.unit.unwrap_or_default() {
            FunnelUnit::Customer => "customer",
            FunnelUnit::Session => "session",
        };
        vec![
            cell(name),
            funnel.description.clone(),
            cell(funnel.window.unwrap_or(WINDOW).seconds()),
            cell(mode),
            cell(unit),
            cell(funnel.steps.len()),
        ]
    };
    pipeline.funnels.iter().map(row).collect()
}

pub(in crate::config) fn step_rows(pipeline: &Pipeline) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, funnel) in &pipeline.funnels {
        for (index, step) in funnel.steps.iter().enumerate() {
            rows.push(vec![cell(name), cell(index + 1), cell(step.name())]);
        }
    }
    rows
}

const FUNNEL_MATCHES: &str = "\
/*
description: >
  The touchpoints that take a step of a declared funnel; one that fits two steps has two rows. Where
  only a step's successor may come after it, the touchpoints of no step are there too, as step 0.
  Generated from `funnels:`.
grain: [funnel, step_number, kind, namespace, event_id]
columns:
  funnel: {type: string, description: The declared funnel.}
  step_number: {type: int64, description: 'Place of the step, from 1; 0 for none.'}
  kind: {type: string, description: Kind of the touchpoint.}
  namespace: {type: string, description: Namespace of the event's id.}
  event_id: {type: string, description: Id of the touchpoint.}
  customer_key: {type: int64, description: The person; null if unknown.}
  session_id: {type: string, description: Visit of a web event; else null.}
  event_sequence: {type: int64, description: The vendor's order among events of one time stamp.}
  occurred_at: {type: timestamp, description: When it happened.}
*/
";

/// Writes `journeys.funnel_matches`; `place` is that of the block.
pub(in crate::config) fn funnel_matches(
    funnels: &IndexMap<String, Funnel>,
    place: &Place<'_>,
) -> GeneratedSql {
    let mut sql = SqlWriter::new("journeys.funnel_matches", FUNNEL_MATCHES);
    let mut is_first = true;
    for (name, funnel) in funnels {
        let steps = place.key(name).key("steps");
        for (index, step) in funnel.steps.iter().enumerate() {
            separate(&mut sql, &mut is_first);
            select(&mut sql, name, index + 1);
            sql.push("    and ");
            condition(&mut sql, step, &steps.item(index));
            sql.push("\n");
        }
        if funnel.mode == Some(FunnelMode::StrictOrder) {
            separate(&mut sql, &mut is_first);
            select(&mut sql, name, 0);
            for (index, step) in funnel.steps.iter().enumerate() {
                sql.push("    and not coalesce(");
                condition(&mut sql, step, &steps.item(index));
                sql.push(", false)\n");
            }
        }
    }
    if is_first {
        select(&mut sql, "none", 0);
        sql.push("    and false\n");
    }
    sql.finish()
}

fn separate(sql: &mut SqlWriter, is_first: &mut bool) {
    if !*is_first {
        sql.push("\nunion all\n\n");
    }
    *is_first = false;
}

fn condition(sql: &mut SqlWriter, step: &Step, place: &Place<'_>) {
    match step {
        Step::Event(event) => {
            sql.push(&format!("event_name = '{}'", event.replace('\'', "''")));
        }
        Step::Condition { when, .. } => sql.predicate(when, &place.key("when")),
    }
}

fn select(sql: &mut SqlWriter, funnel: &str, step_number: usize) {
    sql.push(&format!(
        "select\n    '{funnel}' as funnel,\n    cast({step_number} as bigint) as step_number,\n    \
         kind,\n    namespace,\n    event_id,\n    customer_key,\n    session_id,\n    \
         event_sequence,\n    occurred_at\nfrom core.touchpoints\nwhere not is_bot\n"
    ));
}

const FUNNEL_DEPTHS: &str = "\
/*
description: >
  The deepest step of a declared funnel that a chain of touchpoints reached within the window, per
  entry of `journeys.funnel_entries`. Generated from `funnels:`.
grain: [funnel, unit_key, period_start_date]
columns:
  funnel: {type: string, description: The declared funnel.}
  unit_key: {type: int64, description: Join key of the customer or the visit.}
  period_start_date: {type: date, description: Local month of the entry.}
  reached_step_number: {type: int64, description: 'Deepest step reached, from 1.'}
*/
";

/// Writes `journeys.funnel_depths`.
pub(in crate::config) fn funnel_depths(funnels: &IndexMap<String, Funnel>) -> GeneratedSql {
    let mut sql = SqlWriter::new("journeys.funnel_depths", FUNNEL_DEPTHS);
    let mut is_first = true;
    for (name, funnel) in funnels {
        separate(&mut sql, &mut is_first);
        let window = funnel.window.unwrap_or(WINDOW).seconds();
        let mode = match funnel.mode.unwrap_or_default() {
            FunnelMode::Ordered => "",
            FunnelMode::StrictOrder => "'strict_order', ",
            FunnelMode::StrictIncrease => "'strict_increase', ",
        };
        let steps: Vec<String> =
            (1..=funnel.steps.len()).map(|step| format!("step_number = {step}")).collect();
        sql.push(&format!(
            "select\n    '{name}' as funnel,\n    unit_key,\n    period_start_date,\n    \
             window_funnel({window}, {mode}occurred_at, {}) as reached_step_number\n\
             from journeys.funnel_entries\nwhere funnel = '{name}'\n\
             group by unit_key, period_start_date\n",
            steps.join(", ")
        ));
    }
    if is_first {
        sql.push(
            "select\n    funnel,\n    unit_key,\n    period_start_date,\n    \
             step_number as reached_step_number\nfrom journeys.funnel_entries\nwhere false\n",
        );
    }
    sql.finish()
}
