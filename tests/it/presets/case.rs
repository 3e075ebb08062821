//! The files of `tests/presets`.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use indexmap::IndexMap;
use journeymart::{
    checks::rows::Row,
    config::{source::SourceConfig, yaml},
    error::Diagnostics,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{folder, root};
use crate::sources::samples;

/// What a file of `tests/presets` says.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseFile {
    /// What the case shows.
    pub(super) description: String,
    /// A file beside the case, or a pattern.
    pub(super) file: Option<String>,
    /// A file among the samples.
    pub(super) sample: Option<String>,
    /// A file among the samples that names the columns of the case's own.
    pub(super) names: Option<String>,
    /// Keys of the source, laid over the preset's.
    #[serde(default)]
    pub(super) source: SourceConfig,
    /// Rows by what became of them; absent where loading fails.
    pub(super) books: Option<Books>,
    /// Part of the message that loading fails with.
    pub(super) error: Option<String>,
    /// Rows by the contract they belong to, or by a question to them. Tables of a question are the
    /// contracts, and `raw`, `bad_rows`, `bad_cells` and `labels` of the source itself.
    #[serde(default)]
    pub(super) expect: IndexMap<String, Vec<Row>>,
    /// Where the expectations were read: a page or `sample: <file>`, and what it says.
    #[serde(default)]
    pub(super) sources: IndexMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Books {
    pub(super) read: u64,
    pub(super) loaded: u64,
    #[serde(default)]
    pub(super) quarantined: u64,
    #[serde(default)]
    pub(super) filtered: u64,
    #[serde(default)]
    pub(super) superseded: u64,
    #[serde(default)]
    pub(super) nulled: u64,
}

pub(super) struct Case {
    pub(super) preset: String,
    /// The name of its source.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) content: CaseFile,
}

pub(super) fn cases() -> Vec<Case> {
    let mut paths: Vec<PathBuf> = walkdir::WalkDir::new(folder())
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    paths.iter().map(|path| case(path)).collect()
}

pub(super) fn case(path: &Path) -> Case {
    let shown = path.strip_prefix(root()).unwrap().display().to_string();
    let text: Arc<str> = fs::read_to_string(path).unwrap().into();
    let mut found = Diagnostics::default();
    let read = yaml::read::<CaseFile>(&*shown, &text, 0..text.len(), &mut found);
    found.finish().unwrap_or_else(|error| panic!("{error}"));
    let (content, _) = read.unwrap();
    let preset = path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    let stem = path.file_stem().unwrap().to_string_lossy();
    Case { name: format!("{preset}__{stem}"), preset, path: path.to_owned(), content }
}

impl Case {
    /// The export; none where it is a sample that is not at hand.
    pub(super) fn export(&self) -> Option<String> {
        match (&self.content.file, &self.content.sample) {
            (Some(file), None) => {
                if let Some(names) = &self.content.names {
                    samples::path(names)?;
                }
                Some(self.path.with_file_name(file).to_string_lossy().into_owned())
            }
            (None, Some(sample)) => {
                samples::path(sample).map(|path| path.to_string_lossy().into_owned())
            }
            _ => panic!("{}: a case has either a `file` or a `sample`", self.path.display()),
        }
    }

    pub(super) fn source(&self, export: &str) -> Value {
        let mut source = said(json!(self.content.source));
        source["preset"] = json!(self.preset);
        source["path"] = json!(export);
        if let Some(names) = self.content.names.as_deref().and_then(samples::path) {
            source["csv"]["names_from"] = json!(names);
        }
        if source["namespace"].is_null() {
            source["namespace"] = json!("acme");
        }
        source
    }
}

/// A value without the keys that say nothing.
pub(super) fn said(value: Value) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(keys) => keys.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(keys) => {
            let keys = keys.into_iter().map(|(key, value)| (key, said(value)));
            Value::Object(keys.filter(|(_, value)| !is_empty(value)).collect())
        }
        value => value,
    }
}
