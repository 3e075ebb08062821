/*!
Presets: what is known of one vendor's export, in a file that any source can name.

A preset's keys are those of a source, without the path, beside what the preset tells of itself.
*/

use std::{borrow::Cow, sync::Arc};

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{
    source::SourceConfig,
    yaml::{self, Document, Schema},
};
use crate::error::{Diagnostics, Error, Result, codes};

/// What a preset tells of itself; none of it changes what is loaded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// 1: complete and kept up with the vendor; 2: the columns that most companies need.
    #[schemars(range(min = 1, max = 2))]
    pub tier: Option<u8>,
    /// The vendor's page on this export.
    pub documentation: Option<String>,
    /// How to make the export: where to click or what to schedule, and with which options.
    pub export: Option<String>,
    /// Lines of a block to start from: the path as the vendor names its files or so that their dates
    /// can be told, and what else only the pipeline can say. Without them, files in a folder of the
    /// preset's name.
    pub example: Option<String>,
    /// The pages and sample files that its test holds it against.
    #[serde(default)]
    pub verified: Vec<String>,
}

/// A preset as written.
#[derive(Debug, Clone, PartialEq)]
pub struct Preset {
    pub about: About,
    /// What it fills in where a source says nothing.
    pub source: SourceConfig,
}

impl Preset {
    /// Reads a preset; every fault at once.
    pub fn read(file: &str, text: &str) -> Result<Self> {
        let mut found = Diagnostics::default();
        let preset = Self::parse(file, text, &mut found);
        found.sorted().finish()?;
        // Without a fault there is a preset: every way out of `parse` has told one.
        preset.ok_or_else(|| Error::usage(codes::INVALID_VALUE, format!("{file} is no preset")))
    }

    fn parse(file: &str, text: &str, found: &mut Diagnostics) -> Option<Self> {
        let (document, mut json) = checked(file.to_owned(), text, found)?;
        let about = yaml::typed(split(&mut json), document.root(), found)?;
        let source = yaml::typed(json, document.root(), found)?;
        Some(Self { about, source })
    }
}

/// What of a preset is sound, and its text to show faults in.
pub(super) fn checked(
    file: String,
    text: &str,
    found: &mut Diagnostics,
) -> Option<(Document, Json)> {
    let text: Arc<str> = text.into();
    let document = Document::parse(file, &text, 0..text.len(), found)?;
    for key in OF_THE_PIPELINE {
        let place = document.root().key(key);
        if place.exists() {
            found.push(
                place
                    .key_error(codes::UNKNOWN_KEY, format!("a preset has no `{key}`"))
                    .hint("the pipeline's source gives it"),
            );
        }
    }
    let json = document.check(&Schema::of::<Keys>(), found)?;
    Some((document, json))
}

/// Takes out what a preset tells of itself; what is left lies under a source.
pub(super) fn split(preset: &mut Json) -> Json {
    let mut about = serde_json::Map::new();
    if let Some(keys) = preset.as_object_mut() {
        for key in Schema::of::<About>().json()["properties"].as_object().into_iter().flatten() {
            about.extend(keys.remove_entry(key.0));
        }
    }
    about.into()
}

/// Keys of a source that its preset cannot know.
const OF_THE_PIPELINE: [&str; 2] = ["preset", "path"];

/// The keys of a preset: a source's, and its own.
struct Keys;

impl JsonSchema for Keys {
    fn schema_name() -> Cow<'static, str> {
        "Preset".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        let mut schema = SourceConfig::json_schema(generator);
        let mut about = About::json_schema(generator);
        if let (Some(Json::Object(keys)), Some(Json::Object(own))) =
            (schema.get_mut("properties"), about.get_mut("properties"))
        {
            keys.append(own);
        }
        schema
    }
}
