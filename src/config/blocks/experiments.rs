/*!
`experiments:` says how experiments whose exposures are loaded are judged. One that is not declared
is judged by orders, with equal shares and its alphabetically first variant as control.

Compiles to `config.experiments`, `config.experiment_variants` and the SQL of
`journeys.experiment_goals`.
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

/// One experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["goal"]))]
pub struct Experiment {
    /// What is tried, in a sentence.
    pub description: Option<String>,
    /// The experiment's id in the exposures; by default its name here.
    pub id: Option<String>,
    /// The variant that others are compared with; by default the alphabetically first.
    pub control: Option<String>,
    /// The planned shares of the variants, in any unit; by default equal.
    #[serde(default)]
    pub shares: IndexMap<String, u32>,
    /// What counts as success: a condition over the columns of `core.touchpoints`.
    #[serde(default)]
    pub goal: Predicate,
    /// How long after the first exposure success counts; by default `14d`.
    pub window: Option<Timespan>,
}

const WINDOW: Timespan = Timespan::days(14);

impl Experiment {
    fn id(&self, name: &str) -> String {
        self.id.clone().unwrap_or_else(|| name.to_owned())
    }
}

pub(in crate::config) fn rows(pipeline: &Pipeline) -> Vec<Row> {
    let row = |(name, experiment): (&String, &Experiment)| {
        vec![
            cell(experiment.id(name)),
            experiment.description.clone(),
            experiment.control.clone(),
            cell(experiment.window.unwrap_or(WINDOW).seconds()),
        ]
    };
    pipeline.experiments.iter().map(row).collect()
}

pub(in crate::config) fn variant_rows(pipeline: &Pipeline) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, experiment) in &pipeline.experiments {
        let shares = experiment.shares.iter();
        rows.extend(
            shares.map(|(variant, share)| {
                vec![cell(experiment.id(name)), cell(variant), cell(share)]
            }),
        );
    }
    rows
}

const EXPERIMENT_GOALS: &str = "\
/*
description: >
  The touchpoints that count as success of a declared experiment, robots left out. Generated from
  `experiments:`.
columns:
  experiment_id: {type: string, description: The experiment.}
  customer_key: {type: int64, description: 'The person, known or anonymous.'}
  occurred_at: {type: timestamp, description: When it happened.}
*/
";

/// Writes `journeys.experiment_goals`; `place` is that of the block.
pub(in crate::config) fn experiment_goals(
    experiments: &IndexMap<String, Experiment>,
    place: &Place<'_>,
) -> GeneratedSql {
    let mut sql = SqlWriter::new("journeys.experiment_goals", EXPERIMENT_GOALS);
    for (index, (name, experiment)) in experiments.iter().enumerate() {
        if index > 0 {
            sql.push("\nunion all\n\n");
        }
        select(&mut sql, &experiment.id(name));
        sql.push("    and ");
        sql.predicate(&experiment.goal, &place.key(name).key("goal"));
        sql.push("\n");
    }
    if experiments.is_empty() {
        select(&mut sql, "none");
        sql.push("    and false\n");
    }
    sql.finish()
}

fn select(sql: &mut SqlWriter, id: &str) {
    sql.push(&format!(
        "select\n    '{}' as experiment_id,\n    customer_key,\n    occurred_at\n\
         from core.touchpoints\nwhere customer_key is not null\n    and not is_bot\n",
        id.replace('\'', "''")
    ));
}
