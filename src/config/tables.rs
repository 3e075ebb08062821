/*!
What the standard SQL reads of a pipeline: small typed tables, and tables generated from predicates.

[`TABLES`] is the list of the former, with their columns and what these mean. Every table always
exists with the same columns; where the pipeline lacks the block, it has the defaults (tables with
one row) or no rows.

Generated are, each with a header like that of a SQL file and no rows where no block asks for any:

| table | grain | reads |
|---|---|---|
| `journeys.stage_events` | journey, kind, namespace, event_id | `core.touchpoints` of known customers, without bots |
| `journeys.funnel_matches` | funnel, step_number, kind, namespace, event_id | `core.touchpoints` without bots |
| `journeys.funnel_depths` | funnel, unit_key, period_start_date | `journeys.funnel_entries` |
| `journeys.task_events` | task, kind, namespace, event_id | `core.touchpoints` of known people, without bots |
| `journeys.change_sessions` | none | `core.sessions` without bots |
| `journeys.experiment_goals` | none | `core.touchpoints` of known people, without bots |
| `segments.declared_members` | segment, customer_id | `core.customers` |

`journeys.stage_events`: `journey`, `kind`, `namespace`, `event_id`, `customer_key`, `session_id`,
`event_name`, `channel`, `event_sequence`, `stage` (null outside every stage), `is_start`, `is_goal`,
`is_exit`, `occurred_at`. All touchpoints of a journey's customers are there, also those without a
stage.

`journeys.funnel_matches`: `funnel`, `step_number` (from 1; 0 for none, where the mode is strict),
`kind`, `namespace`, `event_id`, `customer_key`, `session_id`, `event_sequence`, `occurred_at`. An
event that fits two steps has two rows.

`journeys.funnel_depths`: `funnel`, `unit_key`, `period_start_date`, `reached_step_number`.

`journeys.task_events`: `task`, `kind`, `namespace`, `event_id`, `customer_key`,
`event_sequence`, `is_from`, `is_to`, `occurred_at`. Only touchpoints that begin or complete a task.

`journeys.change_sessions`: `change`, `role`, `is_after`, `visitor_key`, `view_count`,
`duration_microseconds`, `is_engaged`, `is_converted`. Only visits within the weeks compared.

`journeys.experiment_goals`: `experiment_id`, `customer_key`, `occurred_at`.

`segments.declared_members`: `segment`, `customer_id`, `customer_key`.

What a query needs as a constant becomes a parameter instead: `$session_rules`,
`$bot_event_count`, `$bot_within_seconds`, `$identity_max_edges`, `$identity_stitch`,
`$attribution_half_life_seconds`.
*/

use super::{blocks, generated::GeneratedSql, pipeline::Pipeline, types::ColumnType};
use ColumnType::{Date, Int64, String as Text};

/// A small table of a pipeline's settings. A cell is the text of its value; absent is null.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigTable {
    /// `config.<table>`.
    pub name: &'static str,
    pub columns: Vec<(String, ColumnType)>,
    pub rows: Vec<Vec<Option<String>>>,
}

/// One row, in the order of the columns.
pub(super) type Row = Vec<Option<String>>;

/// The shape of a table, and where its rows come from.
pub struct TableShape {
    pub name: &'static str,
    pub description: &'static str,
    /// Name, type, meaning.
    pub columns: &'static [(&'static str, ColumnType, &'static str)],
    rows: fn(&Pipeline) -> Vec<Row>,
}

/// Every `config.*` table.
pub static TABLES: &[TableShape] = &[
    TableShape {
        name: "config.settings",
        description: "What holds for the whole pipeline. One row.",
        columns: &[
            ("pipeline", Text, "Name of the pipeline."),
            ("timezone", Text, "IANA name of the local calendar's zone."),
            ("currency", Text, "ISO 4217 currency of the reports."),
            ("late_days", Int64, "Days that an event may arrive late."),
            ("min_cell", Int64, "Smallest number of customers whose figures are shown."),
        ],
        rows: settings,
    },
    TableShape {
        name: "config.session_definitions",
        description: "Rules for when a visit ends: the pipeline's own, and those it is compared with.",
        columns: &[
            ("definition", Text, "The rules, as `sessionize` takes them."),
            ("is_used", ColumnType::Bool, "Whether they are the pipeline's own."),
        ],
        rows: blocks::sessions::rows,
    },
    TableShape {
        name: "config.denied_identifiers",
        description: "Values that are nobody's identifier: those of `identity: deny` and common fillers.",
        columns: &[("denied_value", Text, "The value, in small letters.")],
        rows: blocks::identity::denied_rows,
    },
    TableShape {
        name: "config.journeys",
        description: "The declared journeys.",
        columns: &[
            ("journey", Text, "Name of the journey."),
            ("journey_number", Int64, "Its place in the pipeline, from 1."),
            ("description", Text, "What it is; may be null."),
            ("journey_version", Text, "Its declared version, else a digest of its definition."),
            ("timeout_seconds", Int64, "Silence after which an open journey is abandoned."),
        ],
        rows: blocks::journeys::rows,
    },
    TableShape {
        name: "config.stages",
        description: "The stages of the journeys.",
        columns: &[
            ("journey", Text, "Name of the journey."),
            ("stage", Text, "Name of the stage."),
            ("stage_number", Int64, "Its place in the journey, from 1."),
            ("goal", Text, "What the company wants of it; may be null."),
            ("customer_question", Text, "What the customer asks in it; may be null."),
            ("owner", Text, "Who answers for it in the company; may be null."),
            ("links", Text, "Documents about it, one a line; may be null."),
            ("target_seconds", Int64, "How long it should last; null: no target."),
        ],
        rows: blocks::journeys::stage_rows,
    },
    TableShape {
        name: "config.planned_moves",
        description: "The moves between stages that the company means its customers to make.",
        columns: &[
            ("journey", Text, "Name of the journey."),
            ("from_stage", Text, "Stage left, or (start)."),
            ("to_stage", Text, "Stage entered, or (converted)."),
        ],
        rows: blocks::journeys::planned_rows,
    },
    TableShape {
        name: "config.funnels",
        description: "The declared funnels.",
        columns: &[
            ("funnel", Text, "Name of the funnel."),
            ("description", Text, "What it is; may be null."),
            ("window_seconds", Int64, "Longest time from the first step to the last, inclusive."),
            ("mode", Text, "How strictly steps follow each other, as `window_funnel` takes it."),
            ("unit", Text, "Who goes through it: customer or session."),
            ("step_count", Int64, "Number of steps."),
        ],
        rows: blocks::funnels::rows,
    },
    TableShape {
        name: "config.funnel_steps",
        description: "The steps of the funnels.",
        columns: &[
            ("funnel", Text, "Name of the funnel."),
            ("step_number", Int64, "Its place in the funnel, from 1."),
            ("step", Text, "Name of the step."),
        ],
        rows: blocks::funnels::step_rows,
    },
    TableShape {
        name: "config.tasks",
        description: "The declared tasks.",
        columns: &[
            ("task", Text, "Name of the task."),
            ("description", Text, "What is to be done; may be null."),
            ("max_seconds", Int64, "Not done within this time is given up."),
            ("target_seconds", Int64, "How long it should take; null: no target."),
        ],
        rows: blocks::tasks::rows,
    },
    TableShape {
        name: "config.segments",
        description: "The declared segments.",
        columns: &[
            ("segment", Text, "Name of the segment."),
            ("kind", Text, "demographic, psychographic, behavioural, value, persona or cohort."),
            ("description", Text, "Who is in it; may be null."),
        ],
        rows: blocks::segments::rows,
    },
    TableShape {
        name: "config.subscriptions",
        description: "How subscriptions are counted. One row.",
        columns: &[(
            "renewal_grace_days",
            Int64,
            "Days after a term's end within which it can be renewed.",
        )],
        rows: |pipeline| pipeline.subscriptions.rows(),
    },
    TableShape {
        name: "config.attribution",
        description: "How conversions are shared out. One row.",
        columns: &[("lookback_seconds", Int64, "How long before a conversion touches count.")],
        rows: |pipeline| pipeline.attribution.rows(),
    },
    TableShape {
        name: "config.attribution_models",
        description: "The models to share out conversions by.",
        columns: &[("model", Text, "Name of the model.")],
        rows: |pipeline| pipeline.attribution.model_rows(),
    },
    TableShape {
        name: "config.changes",
        description: "The declared changes.",
        columns: &[
            ("change", Text, "Name of the change."),
            ("description", Text, "What was changed; may be null."),
            ("changed_date", Date, "The first local day with it."),
            ("start_date", Date, "The first day before it that is compared."),
            ("end_date", Date, "The day after the last one that is compared."),
        ],
        rows: blocks::changes::rows,
    },
    TableShape {
        name: "config.experiments",
        description: "The declared experiments.",
        columns: &[
            ("experiment_id", Text, "Its id in the exposures."),
            ("description", Text, "What is tried; may be null."),
            ("control", Text, "Variant that others are compared with; null: the first by name."),
            ("window_seconds", Int64, "How long after the first exposure success counts."),
        ],
        rows: blocks::experiments::rows,
    },
    TableShape {
        name: "config.experiment_variants",
        description: "The planned shares of the variants of experiments.",
        columns: &[
            ("experiment_id", Text, "The experiment."),
            ("variant", Text, "The variant."),
            ("planned_share", Int64, "Its share, in any unit."),
        ],
        rows: blocks::experiments::variant_rows,
    },
    TableShape {
        name: "config.themes",
        description: "The words that tell the themes of answers.",
        columns: &[
            ("theme", Text, "Name of the theme."),
            ("keyword", Text, "Word or part of one that tells it, in small letters."),
        ],
        rows: blocks::surveys::theme_rows,
    },
    TableShape {
        name: "config.competitor_questions",
        description: "Survey questions whose answers name a competitor.",
        columns: &[("question_id", Text, "The question.")],
        rows: blocks::surveys::competitor_rows,
    },
    TableShape {
        name: "config.enrichment_purposes",
        description: "The purposes that data from elsewhere may serve here.",
        columns: &[("purpose", Text, "The purpose.")],
        rows: |pipeline| pipeline.enrich.rows(),
    },
];

fn settings(pipeline: &Pipeline) -> Vec<Row> {
    vec![vec![
        Some(pipeline.name.clone()),
        Some(pipeline.timezone.name().to_owned()),
        Some(pipeline.currency.clone()),
        Some(pipeline.late_days.to_string()),
        Some(pipeline.min_cell.to_string()),
    ]]
}

impl Pipeline {
    /// Every `config.*` table with its rows.
    pub fn config_tables(&self) -> Vec<ConfigTable> {
        let columns = |shape: &TableShape| {
            shape.columns.iter().map(|(name, ty, _)| ((*name).to_owned(), ty.clone())).collect()
        };
        TABLES
            .iter()
            .map(|shape| ConfigTable {
                name: shape.name,
                columns: columns(shape),
                rows: (shape.rows)(self),
            })
            .collect()
    }

    /// Every table that is made from predicates.
    pub fn generated_sql(&self) -> &[GeneratedSql] {
        &self.generated
    }
}
