/*!
Presets of journeys: the stages of a well-known model of the customer's way, in their order, with
the goal and the customer's question of each.

A preset holds words alone. Which touchpoints belong to a stage no model can know, so the pipeline
gives every stage its `when`; what else it says of a stage takes the place of the preset's words.
*/

use std::sync::Arc;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::journeys::Journey;
use crate::{
    config::{
        LoadRequest,
        formats::Timespan,
        yaml::{self, Place},
    },
    error::{Diagnostics, codes},
};

/// A preset as written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["description", "authority", "stages"]))]
struct JourneyPreset {
    /// What the journey is, in a sentence.
    description: Option<String>,
    /// Whose model it is.
    #[expect(dead_code, reason = "for whoever reads the file; it must be there")]
    authority: Option<String>,
    /// The stages in their order.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}, "minProperties" = 1))]
    stages: IndexMap<String, StageWords>,
}

/// What a preset says of a stage.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["goal", "customer_question"]))]
struct StageWords {
    /// What the company wants of it.
    goal: Option<String>,
    /// What the customer asks in it.
    customer_question: Option<String>,
    /// How long it should last.
    target_duration: Option<Timespan>,
}

/// Lays every journey over the preset it names; `place` is that of the block.
pub(in crate::config) fn apply(
    journeys: &mut IndexMap<String, Journey>,
    request: &LoadRequest<'_>,
    place: &Place<'_>,
    found: &mut Diagnostics,
) {
    let mut known: IndexMap<String, Option<JourneyPreset>> = IndexMap::new();
    for (name, journey) in journeys {
        let Some(wanted) = &journey.preset else { continue };
        let place = place.key(name);
        let Some((file, text)) = (request.presets)(&format!("journeys/{wanted}")) else {
            let names = request.journey_preset_names.iter().map(String::as_str);
            let message = format!("no preset of journeys is called `{wanted}`");
            let place = place.key("preset");
            found.push(place.error(codes::UNKNOWN_NAME, message).did_you_mean(wanted, names));
            continue;
        };
        // Two journeys may name one preset, whose faults are told once.
        let preset = known.entry(wanted.clone()).or_insert_with(|| {
            let text: Arc<str> = text.into();
            yaml::read(file, &text, 0..text.len(), found).map(|(preset, _)| preset)
        });
        if let Some(preset) = preset {
            overlay(journey, preset.clone(), &place.key("stages"), found);
        }
    }
}

/// Gives a journey the preset's stages in the preset's order.
fn overlay(
    journey: &mut Journey,
    preset: JourneyPreset,
    place: &Place<'_>,
    found: &mut Diagnostics,
) {
    let name = journey.preset.clone().unwrap_or_default();
    for stage in journey.stages.keys().filter(|stage| !preset.stages.contains_key(*stage)) {
        let names = preset.stages.keys().map(String::as_str);
        let message = format!("preset `{name}` has no stage `{stage}`");
        found.push(
            place.key(stage).key_error(codes::UNKNOWN_NAME, message).did_you_mean(stage, names),
        );
    }
    let mut own = std::mem::take(&mut journey.stages);
    for (stage, words) in preset.stages {
        // A stage that is there and wrong has been told.
        let Some(mut declared) = own.swap_remove(&stage) else {
            let message = format!("the stage `{stage}` of preset `{name}` is missing");
            let hint = format!("say which touchpoints belong to it: `{stage}: {{when: …}}`");
            found.push(place.key_error(codes::MISSING_KEY, message).hint(hint));
            continue;
        };
        declared.goal = declared.goal.or(words.goal);
        declared.customer_question = declared.customer_question.or(words.customer_question);
        declared.target_duration = declared.target_duration.or(words.target_duration);
        journey.stages.insert(stage, declared);
    }
    journey.description = journey.description.take().or(preset.description);
}
