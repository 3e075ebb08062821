/*!
`changes:` lists what the company changed, so that the visits before and after can be compared.

Compiles to `config.changes` and the SQL of `journeys.change_sessions`.
*/

use chrono::{Days, NaiveDate};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell;
use crate::config::{
    formats::{Day, Predicate},
    generated::{GeneratedSql, SqlWriter},
    pipeline::Pipeline,
    tables::Row,
    yaml::Place,
};

/// One change. Conditions see the columns of `core.sessions`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["at"]))]
pub struct Change {
    /// What was changed, in a sentence.
    pub description: Option<String>,
    /// The first local day with the change.
    #[serde(default)]
    pub at: Day,
    /// Which visits the change is about; by default all but those of `control`.
    pub when: Option<Predicate>,
    /// Visits that it is not about: what changed for them too was not the change's doing.
    pub control: Option<Predicate>,
    /// Weeks compared on either side, whole ones so that each has every weekday equally often; by default 4.
    #[schemars(range(min = 1, max = 52))]
    pub weeks: Option<u32>,
}

const WEEKS: u32 = 4;

impl Change {
    /// The first day before and the day after the last one that are compared.
    fn days(&self) -> (NaiveDate, NaiveDate) {
        let span = Days::new(u64::from(self.weeks.unwrap_or(WEEKS)) * 7);
        let (at, clamped) = (self.at.0, NaiveDate::MAX);
        (at.checked_sub_days(span).unwrap_or(at), at.checked_add_days(span).unwrap_or(clamped))
    }
}

pub(in crate::config) fn rows(pipeline: &Pipeline) -> Vec<Row> {
    let row = |(name, change): (&String, &Change)| {
        let (from, to) = change.days();
        vec![cell(name), change.description.clone(), cell(change.at), cell(from), cell(to)]
    };
    pipeline.changes.iter().map(row).collect()
}

const CHANGE_SESSIONS: &str = "\
/*
description: >
  Visits in the weeks before and after each declared change, robots left out. Generated from
  `changes:`.
columns:
  change: {type: string, description: The declared change.}
  role: {type: string, description: 'changed, or control for visits that the change is not about.'}
  is_after: {type: bool, description: Whether the visit began on the day of the change or later.}
  visitor_key: {type: int64, description: Key of the cookie or login.}
  view_count: {type: int64, description: Page and screen views.}
  duration_microseconds: {type: int64, description: From first to last event.}
  is_engaged: {type: bool, description: Whether the visit was engaged.}
  is_converted: {type: bool, description: Whether an event of the visit carries an order.}
*/
";

/// Writes `journeys.change_sessions`; `place` is that of the block.
pub(in crate::config) fn change_sessions(
    changes: &IndexMap<String, Change>,
    place: &Place<'_>,
) -> GeneratedSql {
    let mut sql = SqlWriter::new("journeys.change_sessions", CHANGE_SESSIONS);
    sql.push("with\n");
    for (index, (name, change)) in changes.iter().enumerate() {
        let place = place.key(name);
        let (from, to) = change.days();
        open(&mut sql, name);
        let when = |sql: &mut SqlWriter, key: &str, predicate: &Option<Predicate>, role: &str| {
            if let Some(predicate) = predicate {
                sql.push("            when ");
                sql.predicate(predicate, &place.key(key));
                sql.push(&format!(" then '{role}'\n"));
            }
        };
        match (&change.when, &change.control) {
            (None, None) => sql.push("        'changed' as role,\n"),
            (about, control) => {
                sql.push("        case\n");
                when(&mut sql, "when", about, "changed");
                when(&mut sql, "control", control, "control");
                if about.is_none() {
                    sql.push("            else 'changed'\n");
                }
                sql.push("        end as role,\n");
            }
        }
        sql.push(&format!("        started_date >= date '{}' as is_after,\n", change.at));
        columns(&mut sql);
        sql.push(&format!(
            "    from core.sessions\n    where not is_bot\n        and started_date >= date '{from}'\n        \
             and started_date < date '{to}'\n\n)"
        ));
        sql.push(if index + 1 < changes.len() { ",\n" } else { "\n" });
    }
    if changes.is_empty() {
        open(&mut sql, "no");
        sql.push("        cast(null as varchar) as role,\n        false as is_after,\n");
        columns(&mut sql);
        sql.push("    from core.sessions\n    where false\n\n)\n");
    }
    let names = changes.keys().map(String::as_str).chain(changes.is_empty().then_some("no"));
    for (index, name) in names.enumerate() {
        sql.push(if index > 0 { "union all\n" } else { "\n" });
        sql.push(&format!("select *\nfrom {name}_sessions\nwhere role is not null\n"));
    }
    sql.finish()
}

/// The beginning of a change's CTE.
fn open(sql: &mut SqlWriter, name: &str) {
    sql.push(&format!("\n{name}_sessions as (\n\n    select\n        '{name}' as change,\n"));
}

fn columns(sql: &mut SqlWriter) {
    sql.push(
        "        visitor_key,\n        view_count,\n        duration_microseconds,\n        \
         is_engaged,\n        is_converted\n",
    );
}
