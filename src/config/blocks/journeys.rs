/*!
`journeys:` declares the journey map: stages in their order, what starts, ends and leaves a journey.

Compiles to `config.journeys`, `config.stages`, `config.planned_moves` and the SQL of
`journeys.stage_events`.
*/

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use sha2::{Digest, Sha256};

use super::cell;
use crate::{
    config::{
        formats::{Predicate, Timespan},
        generated::{GeneratedSql, SqlWriter},
        pipeline::Pipeline,
        tables::Row,
        yaml::Place,
    },
    error::{Diagnostics, codes},
};

/// One journey. Conditions see the columns of `core.touchpoints`; those of start, goal and exit also see `stage`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["stages", "goal"]))]
pub struct Journey {
    /// What the journey is, in a sentence.
    pub description: Option<String>,
    /// A model whose stages, goals and customer questions it takes: `buyer_five`, `five_phase`, `see_think_do`, `b2b_sales` or one of the project's in `sql/presets/journeys`. Each of its stages then needs its `when`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// The stages in their order. A touchpoint belongs to the first one whose condition holds.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}, "minProperties" = 1))]
    pub stages: IndexMap<String, Stage>,
    /// What starts a journey, where none is open; by default the first touchpoint in a stage.
    pub start: Option<Predicate>,
    /// What completes it.
    #[serde(default)]
    pub goal: Predicate,
    /// What ends it without its goal.
    pub exit: Option<Predicate>,
    /// Silence after which an open journey is abandoned; by default `30d`.
    pub timeout: Option<Timespan>,
    /// The moves that customers are meant to make, as pairs of stages: `[[discover, explore], …]`; `(start)` and `(converted)` are the ends. By default from each stage to the next.
    pub planned: Option<Vec<[String; 2]>>,
    /// The version of the map, carried to what is published; by default a digest of this block, so that another definition is another version.
    pub version: Option<String>,
}

/// One stage of a journey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["when"]))]
pub struct Stage {
    /// Which touchpoints belong to it: a condition over the columns of `core.touchpoints`.
    #[serde(default)]
    pub when: Predicate,
    /// What the company wants of it.
    pub goal: Option<String>,
    /// What the customer asks in it.
    pub customer_question: Option<String>,
    /// How long it should last.
    pub target_duration: Option<Timespan>,
    /// Who answers for it in the company.
    pub owner: Option<String>,
    /// Addresses of documents, pictures or recordings about it.
    #[serde(default)]
    pub links: Vec<String>,
}

const TIMEOUT: Timespan = Timespan::days(30);

pub(in crate::config) fn rows(pipeline: &Pipeline) -> Vec<Row> {
    let row = |(index, (name, journey)): (usize, (&String, &Journey))| {
        vec![
            cell(name),
            cell(index + 1),
            journey.description.clone(),
            cell(journey.version()),
            cell(journey.timeout.unwrap_or(TIMEOUT).seconds()),
        ]
    };
    pipeline.journeys.iter().enumerate().map(row).collect()
}

pub(in crate::config) fn stage_rows(pipeline: &Pipeline) -> Vec<Row> {
    let mut rows = Vec::new();
    for (journey_name, journey) in &pipeline.journeys {
        for (index, (name, stage)) in journey.stages.iter().enumerate() {
            rows.push(vec![
                cell(journey_name),
                cell(name),
                cell(index + 1),
                stage.goal.clone(),
                stage.customer_question.clone(),
                stage.owner.clone(),
                (!stage.links.is_empty()).then(|| stage.links.join("\n")),
                stage.target_duration.map(|target| target.seconds().to_string()),
            ]);
        }
    }
    rows
}

/// What stands for the beginning and the good end of a journey among its stages.
const START: &str = "(start)";
const CONVERTED: &str = "(converted)";

pub(in crate::config) fn planned_rows(pipeline: &Pipeline) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, journey) in &pipeline.journeys {
        let planned = journey.planned.clone().unwrap_or_else(|| journey.in_order());
        rows.extend(planned.into_iter().map(|[from, to]| vec![cell(name), cell(from), cell(to)]));
    }
    rows
}

impl Journey {
    /// From the start through each stage to the goal.
    fn in_order(&self) -> Vec<[String; 2]> {
        let names = self.stages.keys().map(String::as_str);
        let path: Vec<&str> = [START].into_iter().chain(names).chain([CONVERTED]).collect();
        path.windows(2).map(|pair| [pair[0].to_owned(), pair[1].to_owned()]).collect()
    }

    /// The declared version, else twelve hexadecimal digits of the definition's SHA-256.
    fn version(&self) -> String {
        self.version.clone().unwrap_or_else(|| {
            let definition = serde_json::to_vec(self).unwrap_or_default();
            let digest = Sha256::digest(&definition);
            digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
        })
    }
}

/// Planned moves are between stages that exist.
pub(in crate::config) fn check_planned(
    journeys: &IndexMap<String, Journey>,
    place: &Place<'_>,
    found: &mut Diagnostics,
) {
    for (name, journey) in journeys {
        let place = place.key(name).key("planned");
        let stages = || journey.stages.keys().map(String::as_str);
        for (index, [from, to]) in journey.planned.iter().flatten().enumerate() {
            for (side, stage, end) in [(0, from, START), (1, to, CONVERTED)] {
                if stage != end && !journey.stages.contains_key(stage) {
                    let message = format!("journey `{name}` has no stage `{stage}`");
                    found.push(
                        place
                            .item(index)
                            .item(side)
                            .error(codes::UNKNOWN_NAME, message)
                            .did_you_mean(stage, stages().chain([end])),
                    );
                }
            }
        }
    }
}

const STAGE_EVENTS: &str = "\
/*
description: >
  The touchpoints of known customers as each declared journey sees them: the stage they belong to,
  and whether they start, complete or leave the journey. Generated from `journeys:`.
grain: [journey, kind, namespace, event_id]
columns:
  journey: {type: string, description: The declared journey.}
  kind: {type: string, description: Kind of the touchpoint.}
  namespace: {type: string, description: Namespace of the event's id.}
  event_id: {type: string, description: Id of the touchpoint.}
  customer_key: {type: int64, description: The person.}
  session_id: {type: string, description: Visit of a web event; else null.}
  event_name: {type: string, description: What happened.}
  channel: {type: string, description: Where it happened.}
  event_sequence: {type: int64, description: The vendor's order among events of one time stamp.}
  stage: {type: string, description: The first stage whose condition holds; null if none does.}
  is_start: {type: bool, description: Whether it can start the journey.}
  is_goal: {type: bool, description: Whether it completes the journey.}
  is_exit: {type: bool, description: Whether it ends the journey without its goal.}
  occurred_at: {type: timestamp, description: When it happened.}
*/
";

/// Writes `journeys.stage_events`; `place` is that of the block.
pub(in crate::config) fn stage_events(
    journeys: &IndexMap<String, Journey>,
    place: &Place<'_>,
) -> GeneratedSql {
    let mut sql = SqlWriter::new("journeys.stage_events", STAGE_EVENTS);
    sql.push("with\n");
    for (index, (name, journey)) in journeys.iter().enumerate() {
        sql.push(&format!("\n{name}_touchpoints as (\n\n    select\n        *,\n        case\n"));
        let stages = place.key(name).key("stages");
        for (stage_name, stage) in &journey.stages {
            sql.push("            when ");
            sql.predicate(&stage.when, &stages.key(stage_name).key("when"));
            sql.push(&format!(" then '{stage_name}'\n"));
        }
        sql.push("        end as stage\n    from core.touchpoints\n");
        sql.push("    where customer_key is not null\n        and not is_bot\n\n)");
        sql.push(if index + 1 < journeys.len() { ",\n" } else { "\n" });
    }
    if journeys.is_empty() {
        // A declared column of every type and no rows.
        sql.push(
            "\nno_touchpoints as (\n\n    select\n        *,\n        cast(null as varchar) as stage\n    \
             from core.touchpoints\n    where false\n\n)\n",
        );
        select(&mut sql, "no", None, place);
    }
    for (index, (name, journey)) in journeys.iter().enumerate() {
        if index > 0 {
            sql.push("\nunion all\n");
        }
        select(&mut sql, name, Some(journey), &place.key(name));
    }
    sql.finish()
}

/// The select of one journey over its touchpoints.
fn select(sql: &mut SqlWriter, name: &str, journey: Option<&Journey>, place: &Place<'_>) {
    sql.push(&format!("\nselect\n    '{name}' as journey,\n"));
    for column in [
        "kind",
        "namespace",
        "event_id",
        "customer_key",
        "session_id",
        "event_name",
        "channel",
        "event_sequence",
        "stage",
    ] {
        sql.push(&format!("    {column},\n"));
    }
    let mut flag = |name: &str, predicate: Option<&Predicate>, otherwise: &str| {
        match predicate {
            Some(predicate) => {
                sql.push("    coalesce(");
                sql.predicate(predicate, &place.key(name));
                sql.push(", false)");
            }
            None => sql.push(&format!("    {otherwise}")),
        }
        sql.push(&format!(" as is_{name},\n"));
    };
    flag("start", journey.and_then(|journey| journey.start.as_ref()), "stage is not null");
    flag("goal", journey.map(|journey| &journey.goal), "false");
    flag("exit", journey.and_then(|journey| journey.exit.as_ref()), "false");
    sql.push(&format!("    occurred_at\nfrom {name}_touchpoints\n"));
}
