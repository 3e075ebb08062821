/*!
`segments:` names groups of customers. Segments that follow from a formula (RFM, lifecycle) are SQL
files; here are those that one condition says.

Compiles to `config.segments` and the SQL of `segments.declared_members`.
*/

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell;
use crate::config::{
    formats::Predicate,
    generated::{GeneratedSql, SqlWriter},
    pipeline::Pipeline,
    tables::Row,
    yaml::Place,
};

/// One segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["when"]))]
pub struct Segment {
    /// What sets its members apart; by default `behavioural`.
    pub kind: Option<SegmentKind>,
    /// Who is in it, in a sentence.
    pub description: Option<String>,
    /// Who is in it: a condition over the columns of `core.customers`.
    #[serde(default)]
    pub when: Predicate,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SegmentKind {
    Demographic,
    Psychographic,
    #[default]
    Behavioural,
    Value,
    Persona,
    Cohort,
}

impl SegmentKind {
    fn name(self) -> &'static str {
        match self {
            Self::Demographic => "demographic",
            Self::Psychographic => "psychographic",
            Self::Behavioural => "behavioural",
            Self::Value => "value",
            Self::Persona => "persona",
            Self::Cohort => "cohort",
        }
    }
}

pub(in crate::config) fn rows(pipeline: &Pipeline) -> Vec<Row> {
    let row = |(name, segment): (&String, &Segment)| {
        let kind = segment.kind.unwrap_or_default().name();
        vec![cell(name), cell(kind), segment.description.clone()]
    };
    pipeline.segments.iter().map(row).collect()
}

const DECLARED_MEMBERS: &str = "\
/*
description: >
  The customers of each declared segment. Generated from `segments:`.
grain: [segment, customer_id]
columns:
  segment: {type: string, description: The declared segment.}
  customer_id: {type: string, description: The customer.}
  customer_key: {type: int64, description: Join key of customer_id.}
*/
";

/// Writes `segments.declared_members`; `place` is that of the block.
pub(in crate::config) fn declared_members(
    segments: &IndexMap<String, Segment>,
    place: &Place<'_>,
) -> GeneratedSql {
    let mut sql = SqlWriter::new("segments.declared_members", DECLARED_MEMBERS);
    for (index, (name, segment)) in segments.iter().enumerate() {
        if index > 0 {
            sql.push("\nunion all\n\n");
        }
        select(&mut sql, name);
        sql.predicate(&segment.when, &place.key(name).key("when"));
        sql.push("\n");
    }
    if segments.is_empty() {
        select(&mut sql, "none");
        sql.push("false\n");
    }
    sql.finish()
}

fn select(sql: &mut SqlWriter, segment: &str) {
    sql.push(&format!(
        "select\n    '{segment}' as segment,\n    customer_id,\n    customer_key\n\
         from core.customers\nwhere "
    ));
}
