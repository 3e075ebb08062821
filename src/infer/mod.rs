/*!
What `journeymart infer` does: looks at real files and proposes the `sources:` block that loads them.

```text
files ─ group ─ layout, dialect ─▶ read ─ profiles ─ choose, keys ─▶ proposal ─ trial ─▶ YAML
                                      └──── preset ────┘               (the loader itself)
```

Nothing here reads a format, a number or a date of its own: the loader's readers do, so that what is
proposed cannot mean something else when it is loaded. The last step loads the proposal and says what
would go to quarantine.
*/

use std::path::{Path, PathBuf};

use chrono::Utc;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    catalog::Library,
    config::{
        self, LoadRequest,
        reading::{Format, Names},
        source::Source,
    },
    error::{Diagnostic, Error, Kind, Result},
    sources::{Books, InputFile, LoadOptions, NameFiles, whole_line},
    storage::Storage,
};

mod choose;
mod dialect;
mod files;
mod keys;
mod layout;
mod names;
mod numbers;
mod parts;
mod preset;
mod profile;
mod propose;
mod raw;
mod read;
mod reading;
mod remarks;
mod render;
mod tally;
mod times;
mod trial;
mod values;
mod walk;

// What the doors for a fuzzer lead to.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use {dialect::detect, files::template};

/// What to look at.
#[derive(Debug, Clone)]
pub struct InferOptions {
    /// A file, a folder, or a pattern.
    pub path: String,
    /// Relative paths start here, and presets of its own may lie here.
    pub project_dir: PathBuf,
    /// Text that is read of each source, in bytes.
    pub sample_bytes: u64,
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct Inferred {
    pub sources: Vec<Proposal>,
    /// Files that could not be read, and why.
    #[serde(skip)]
    pub warnings: Vec<Diagnostic>,
}

/// One source, as it would be declared.
#[derive(Debug, Clone, Serialize)]
pub struct Proposal {
    pub name: String,
    /// The source's keys; its columns too, unless a preset brings them.
    pub config: Map<String, Value>,
    /// Columns with the reasons for their declaration. Beside a preset: those it does not read.
    #[serde(serialize_with = "columns")]
    pub columns: Vec<(String, Map<String, Value>, Vec<String>)>,
    /// What has to be said of the source as a whole.
    pub notes: Vec<String>,
    /// Reasons for single keys.
    pub reasons: std::collections::BTreeMap<String, Vec<String>>,
    /// Further columns, alone or in pairs, whose values occur once.
    pub key_candidates: Vec<Vec<String>>,
    /// What became of the rows when the proposal was loaded.
    pub books: Books,
    pub files: usize,
    /// Whether every byte was looked at.
    pub complete: bool,
}

fn columns<S: serde::Serializer>(
    columns: &[(String, Map<String, Value>, Vec<String>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(columns.iter().map(
        |(name, settings, notes)| json!({"name": name, "declaration": settings, "notes": notes}),
    ))
}

impl Inferred {
    /// The block as YAML, with the reasons as comments.
    pub fn yaml(&self) -> String {
        render::block(&self.sources)
    }
}

/// Looks at files and proposes how to load them.
///
/// Files that cannot be read are left out with a warning, unless there is nothing else.
pub async fn infer(options: &InferOptions) -> Result<Inferred> {
    let storage = Storage::new(&options.project_dir);
    let (groups, mut warnings) = files::find(&storage, &options.path).await?;
    let scratch = tempfile::tempdir().map_err(|error| {
        Error::failed(crate::error::codes::WORK_FOLDER, format!("no scratch folder: {error}"))
    })?;
    let workshop = Workshop::new(&options.project_dir, scratch.path(), storage)?;
    tokio::task::block_in_place(|| {
        let mut sources = Vec::new();
        let (groups, mut errors) = parts::split(&workshop, groups);
        for group in groups {
            match propose::propose(&workshop, &group, options.sample_bytes) {
                Ok(proposal) => sources.push(proposal),
                Err(error) => errors.push(error),
            }
        }
        if sources.is_empty() {
            let kind = errors.first().map_or(Kind::Failed, |error| error.kind);
            let diagnostics = errors.into_iter().flat_map(|error| error.diagnostics).collect();
            return Err(Error { kind, diagnostics });
        }
        warnings.extend(
            errors
                .into_iter()
                .flat_map(|error| error.diagnostics)
                .map(|found| Diagnostic { severity: crate::error::Severity::Warning, ..found }),
        );
        Ok(Inferred { sources, warnings })
    })
}

/// What every proposal is made with.
pub(crate) struct Workshop {
    library: Library,
    project_dir: PathBuf,
    /// The presets there are.
    presets: Vec<String>,
    options: LoadOptions,
    storage: Storage,
}

impl Workshop {
    fn new(project_dir: &Path, scratch: &Path, storage: Storage) -> Result<Self> {
        let library = Library::standard()?;
        Ok(Self {
            presets: library.preset_names(project_dir)?,
            library,
            project_dir: project_dir.to_owned(),
            storage,
            options: LoadOptions { threads: 1, batch_rows: 8_192, scratch: scratch.to_owned() },
        })
    }

    /// The pattern of the preset that takes most of these lines apart, such as those of access logs.
    fn log(&self, text: &str) -> Option<String> {
        const LINES: usize = 100;
        // The last line may be cut off.
        let whole = text.rfind('\n').map_or(text, |end| &text[..end]);
        let lines: Vec<&str> =
            whole.lines().map(str::trim).filter(|line| !line.is_empty()).take(LINES).collect();
        self.presets.iter().find_map(|preset| {
            let source = self.resolve("log", &json!({"preset": preset, "path": "log"})).ok()?;
            let pattern = Some(source.lines.pattern).filter(|_| source.format == Format::Lines)?;
            let regex = whole_line(&pattern).ok()?;
            let matched = lines.iter().filter(|line| regex.is_match(line)).count();
            (matched * 5 > lines.len() * 4).then_some(pattern)
        })
    }

    /// The files with the names of their columns, where others say them.
    fn with_names(&self, source: &Source, files: &[InputFile]) -> Result<Vec<InputFile>> {
        let mut files = files.to_vec();
        if let (Format::Csv, Names::File(pattern)) = (source.format, &source.csv.names) {
            let found = NameFiles::find(pattern, &source.csv, &self.storage);
            tokio::runtime::Handle::current().block_on(found)?.apply(&mut files)?;
        }
        Ok(files)
    }

    /// A source as a pipeline that declares it would have it.
    fn resolve(&self, name: &str, config: &Value) -> Result<Source> {
        let pipeline = json!({"version": 1, "pipeline": "infer", "sources": {name: config}});
        self.resolve_text(name, pipeline.to_string())
    }

    /// The same from the text of a whole pipeline.
    fn resolve_text(&self, name: &str, text: String) -> Result<Source> {
        let presets = |name: &str| self.library.preset(&self.project_dir, name).ok().flatten();
        let request = LoadRequest {
            project_dir: &self.project_dir,
            pipeline: None,
            target: None,
            params: &[],
            env: &|_| None,
            presets: &presets,
            preset_names: &self.presets,
            journey_preset_names: &[],
            now: Utc::now(),
        };
        let (mut pipeline, _) = config::load_text("proposal", text.into(), &request)?;
        pipeline.sources.shift_remove(name).ok_or_else(|| {
            Error::failed(crate::error::codes::MISSING_KEY, format!("no source `{name}`"))
        })
    }
}
