/*!
`tasks:` declares what people try to get done, so that the time it takes can be measured.

Compiles to `config.tasks` and the SQL of `journeys.task_events`.
*/

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell;
use crate::config::{
    formats::{Predicate, Timespan},
    generated::{GeneratedSql, SqlWriter},
    pipeline::Pipeline,
    tables::Row,
    yaml::Place,
};

/// One task. Conditions see the columns of `core.touchpoints`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["from", "to"]))]
pub struct Task {
    /// What is to be done, in a sentence.
    pub description: Option<String>,
    /// What begins it; a newer beginning takes the place of one that is not done.
    #[serde(default)]
    pub from: Predicate,
    /// What completes it.
    #[serde(default)]
    pub to: Predicate,
    /// Not done within this time is given up, not slow; by default `1d`.
    pub max: Option<Timespan>,
    /// How long it should take.
    pub target_duration: Option<Timespan>,
}

const MAX: Timespan = Timespan::days(1);

pub(in crate::config) fn rows(pipeline: &Pipeline) -> Vec<Row> {
    let row = |(name, task): (&String, &Task)| {
        vec![
            cell(name),
            task.description.clone(),
            cell(task.max.unwrap_or(MAX).seconds()),
            task.target_duration.map(|target| target.seconds().to_string()),
        ]
    };
    pipeline.tasks.iter().map(row).collect()
}

const TASK_EVENTS: &str = "\
/*
description: >
  The touchpoints that begin or complete a declared task, of known people and without robots.
  Generated from `tasks:`.
grain: [task, kind, namespace, event_id]
columns:
  task: {type: string, description: The declared task.}
  kind: {type: string, description: Kind of the touchpoint.}
  namespace: {type: string, description: Namespace of the event's id.}
  event_id: {type: string, description: Id of the touchpoint.}
  customer_key: {type: int64, description: 'The person, known or anonymous.'}
  event_sequence: {type: int64, description: The vendor's order among events of one time stamp.}
  is_from: {type: bool, description: Whether it begins the task.}
  is_to: {type: bool, description: Whether it completes the task.}
  occurred_at: {type: timestamp, description: When it happened.}
*/
";

/// Writes `journeys.task_events`; `place` is that of the block.
pub(in crate::config) fn task_events(
    tasks: &IndexMap<String, Task>,
    place: &Place<'_>,
) -> GeneratedSql {
    let mut sql = SqlWriter::new("journeys.task_events", TASK_EVENTS);
    sql.push("with\n");
    for (index, (name, task)) in tasks.iter().enumerate() {
        let place = place.key(name);
        open(&mut sql, name);
        sql.push("        coalesce(");
        sql.predicate(&task.from, &place.key("from"));
        sql.push(", false) as is_from,\n        coalesce(");
        sql.predicate(&task.to, &place.key("to"));
        sql.push(", false) as is_to,\n        occurred_at\n    from core.touchpoints\n");
        sql.push("    where customer_key is not null\n        and not is_bot\n\n)");
        sql.push(if index + 1 < tasks.len() { ",\n" } else { "\n" });
    }
    if tasks.is_empty() {
        open(&mut sql, "no");
        sql.push("        false as is_from,\n        false as is_to,\n        occurred_at\n");
        sql.push("    from core.touchpoints\n    where false\n\n)\n");
    }
    let names = tasks.keys().map(String::as_str).chain(tasks.is_empty().then_some("no"));
    for (index, name) in names.enumerate() {
        sql.push(if index > 0 { "union all\n" } else { "\n" });
        sql.push(&format!("select *\nfrom {name}_events\nwhere is_from\n    or is_to\n"));
    }
    sql.finish()
}

/// The beginning of a task's CTE.
fn open(sql: &mut SqlWriter, name: &str) {
    sql.push(&format!("\n{name}_events as (\n\n    select\n        '{name}' as task,\n"));
    for column in ["kind", "namespace", "event_id", "customer_key", "event_sequence"] {
        sql.push(&format!("        {column},\n"));
    }
}
