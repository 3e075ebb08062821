/*!
`surveys:` says how the answers to open questions are read: by keywords, never by guessing.

Compiles to `config.themes` and `config.competitor_questions`.
*/

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell;
use crate::config::{pipeline::Pipeline, tables::Row};

/// How answers are read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Surveys {
    /// Themes and the words that tell them, in any case, also as parts of longer words: `delivery: [bezorg, delivery]`.
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub themes: IndexMap<String, Vec<String>>,
    /// Questions whose answers name a competitor whom the respondent also dealt with; each answer is a touchpoint of that competitor.
    pub competitor_questions: Vec<String>,
}

pub(in crate::config) fn theme_rows(pipeline: &Pipeline) -> Vec<Row> {
    let mut rows = Vec::new();
    for (theme, words) in &pipeline.surveys.themes {
        let mut words: Vec<String> = words.iter().map(|word| word.trim().to_lowercase()).collect();
        words.sort_unstable();
        words.dedup();
        let filled = words.into_iter().filter(|word| !word.is_empty());
        rows.extend(filled.map(|word| vec![cell(theme), cell(word)]));
    }
    rows
}

pub(in crate::config) fn competitor_rows(pipeline: &Pipeline) -> Vec<Row> {
    pipeline.surveys.competitor_questions.iter().map(|question| vec![cell(question)]).collect()
}
