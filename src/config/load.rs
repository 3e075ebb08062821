/*!
From a file to a [`Pipeline`]: the one place of `config` that reads a disk.

The pipeline, its target and its presets are checked as JSON beside their own text, laid over each
other, and only then typed and resolved, so that every key of every layer is checked once and each
fault is shown in the file it is in.
*/

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{DateTime, NaiveDate, Utc};
use indexmap::IndexMap;
use serde_json::Value as Json;

use super::{
    blocks::{changes, experiments, funnels, journey_preset, journeys, segments, tasks},
    params,
    pipeline::Pipeline,
    preset, resolve,
    wire::PipelineConfig,
    yaml::{self, Document, Schema},
};
use crate::error::{Diagnostic, Diagnostics, Error, Result, codes};

/// Looks a preset up by name: its file as the user would type it, and its text.
pub type PresetText<'a> = &'a dyn Fn(&str) -> Option<(String, String)>;

/// What a pipeline is loaded from.
pub struct LoadRequest<'a> {
    /// The folder above `pipelines/`.
    pub project_dir: &'a Path,
    /// The pipeline's file; absent, the only one in `pipelines/`.
    pub pipeline: Option<&'a Path>,
    /// The target to lay over it.
    pub target: Option<&'a str>,
    /// Values of parameters, over declared ones.
    pub params: &'a [(String, String)],
    /// The environment.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    pub presets: PresetText<'a>,
    /// The presets there are, for hints.
    pub preset_names: &'a [String],
    /// The presets of journeys there are, for hints; one is looked up as `journeys/<name>`.
    pub journey_preset_names: &'a [String],
    /// When the run starts; `today` is its date in the pipeline's time zone.
    pub now: DateTime<Utc>,
}

/// Reads and validates a pipeline. Returns it with its warnings, or an error with every fault found.
pub fn load(request: &LoadRequest<'_>) -> Result<(Pipeline, Vec<Diagnostic>)> {
    let path = match request.pipeline {
        Some(path) => path.to_owned(),
        None => only_pipeline(request.project_dir)?,
    };
    let file = path.strip_prefix(request.project_dir).unwrap_or(&path).display().to_string();
    let text = fs::read_to_string(&path).map_err(|error| unreadable(&file, &error))?;
    load_text(&file, text.into(), request)
}

/// The same for text that is at hand; `file` is what messages call it.
pub fn load_text(
    file: &str,
    text: Arc<str>,
    request: &LoadRequest<'_>,
) -> Result<(Pipeline, Vec<Diagnostic>)> {
    let mut found = Diagnostics::default();
    let pipeline = parse(file.to_owned(), text, request, &mut found);
    let warnings = found.sorted().finish()?;
    // Without a fault there is a pipeline: every way out of `parse` has told one.
    pipeline
        .map(|pipeline| (pipeline, warnings))
        .ok_or_else(|| Error::usage(codes::INVALID_VALUE, format!("{file} could not be read")))
}

fn only_pipeline(project_dir: &Path) -> Result<PathBuf> {
    let folder = project_dir.join("pipelines");
    let mut files: Vec<PathBuf> = match fs::read_dir(&folder) {
        Ok(entries) => entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "yaml" || end == "yml"))
            .collect(),
        Err(_) => Vec::new(),
    };
    files.sort();
    match files.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let message = format!("no pipeline in {}", folder.display());
            Err(Error::usage(codes::NO_PIPELINE, message)
                .hint("name a file, or write a new project with `journeymart init`"))
        }
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|path| {
                    format!("`{}`", path.strip_prefix(project_dir).unwrap_or(path).display())
                })
                .collect();
            let message = format!("{} pipelines in {}", several.len(), folder.display());
            Err(Error::usage(codes::NO_PIPELINE, message)
                .hint(format!("name one: {}", names.join(", "))))
        }
    }
}

fn unreadable(file: &str, error: &io::Error) -> Error {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::InvalidData => "is not UTF-8 text".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    Error::usage(codes::NO_PIPELINE, format!("{file} {why}"))
}

fn parse(
    file: String,
    text: Arc<str>,
    request: &LoadRequest<'_>,
    found: &mut Diagnostics,
) -> Option<Pipeline> {
    let mut document = Document::parse(&*file, &text, 0..text.len(), found)?;
    document.expand(request.env, found);
    let mut json = document.check(&Schema::of::<PipelineConfig>(), found)?;
    if let Some(target) = request.target {
        apply_target(&mut json, target, &document, found);
    }
    let presets = Presets::apply(&mut json, request, &document, found);
    let config: PipelineConfig = yaml::typed(json, document.root(), found)?;
    resolve(config, file, text, request, &document, &presets, found)
}

/// Lays a target's locations, parameters and engine over the pipeline's.
fn apply_target(json: &mut Json, name: &str, document: &Document, found: &mut Diagnostics) {
    let mut target = json.get("targets").and_then(|targets| targets.get(name)).cloned();
    let Some(target) = target.as_mut().filter(|target| target.is_object()) else {
        let place = document.root().key("targets");
        if !place.key(name).exists() {
            let message = format!("no target is called `{name}`");
            let error = place.key_error(codes::UNKNOWN_NAME, message);
            found.push(match place.keys() {
                names if names.is_empty() => error.hint("the pipeline declares no `targets:`"),
                names => error.did_you_mean(name, names),
            });
        }
        return;
    };
    // A target gives values; the pipeline declares what they are values of.
    let params = target.get_mut("params").and_then(Json::as_object_mut);
    for value in params.into_iter().flat_map(|params| params.values_mut()) {
        *value = serde_json::json!({ "default": value.take() });
    }
    let declared = document.root().key("params").keys();
    if let Some(params) = target.get_mut("params").and_then(Json::as_object_mut) {
        params.retain(|param, _| {
            let exists = declared.contains(&param.as_str()) || param == params::AS_OF_DATE;
            if !exists {
                let place = document.root().key("targets").key(name).key("params").key(param);
                let message = format!("no parameter is called `{param}`");
                let names = declared.iter().copied();
                found
                    .push(place.key_error(codes::UNKNOWN_NAME, message).did_you_mean(param, names));
            }
            exists
        });
    }
    overlay(json, target.take());
}

/// Lays one JSON over another: mappings are merged, everything else is replaced.
fn overlay(under: &mut Json, over: Json) {
    match (under, over) {
        (Json::Object(under), Json::Object(over)) => {
            for (key, value) in over {
                match under.get_mut(&key) {
                    Some(existing) => overlay(existing, value),
                    None => {
                        under.insert(key, value);
                    }
                }
            }
        }
        (under, over) => *under = over,
    }
}

/// Keys of `csv` of which one is enough: a source that gives one replaces its preset's.
const WAYS_TO_NAMES: [&str; 5] =
    ["header_rows", "header_join", "names", "names_from", "names_line"];

/// The presets that the pipeline's sources name.
struct Presets(IndexMap<String, Document>);

impl Presets {
    /// Lays every source over its preset.
    fn apply(
        json: &mut Json,
        request: &LoadRequest<'_>,
        document: &Document,
        found: &mut Diagnostics,
    ) -> Self {
        let mut documents = IndexMap::new();
        let mut checked: IndexMap<String, Json> = IndexMap::new();
        for (name, source) in json["sources"].as_object_mut().into_iter().flatten() {
            let Some(wanted) = source["preset"].as_str().map(str::to_owned) else { continue };
            let place = document.root().key("sources").key(name).key("preset");
            let Some((file, text)) = (request.presets)(&wanted) else {
                let names = request.preset_names.iter().map(String::as_str);
                let message = format!("no preset is called `{wanted}`");
                found.push(place.error(codes::UNKNOWN_NAME, message).did_you_mean(&wanted, names));
                continue;
            };
            if !checked.contains_key(&wanted) {
                let Some((document, mut json)) = preset::checked(file, &text, found) else {
                    continue;
                };
                preset::split(&mut json);
                checked.insert(wanted.clone(), json);
                documents.insert(wanted.clone(), document);
            }
            if let Some(under) = checked.get(&wanted) {
                let over = std::mem::replace(source, under.clone());
                let names = &over["csv"];
                if WAYS_TO_NAMES.iter().any(|way| !names[way].is_null())
                    && let Some(csv) = source["csv"].as_object_mut()
                {
                    csv.retain(|key, _| !WAYS_TO_NAMES.contains(&key.as_str()));
                }
                overlay(source, over);
            }
        }
        Self(documents)
    }
}

fn resolve(
    mut config: PipelineConfig,
    file: String,
    text: Arc<str>,
    request: &LoadRequest<'_>,
    document: &Document,
    presets: &Presets,
    found: &mut Diagnostics,
) -> Option<Pipeline> {
    let root = document.root();
    let timezone = config.timezone.map_or(chrono_tz::UTC, |zone| zone.0);
    let today: NaiveDate = request.now.with_timezone(&timezone).date_naive();
    let mut params =
        params::resolve(&config.params, request.params, today, &root.key("params"), found);
    let of_blocks = (config.sessions.params().into_iter())
        .chain(config.bots.params())
        .chain(config.identity.params())
        .chain(config.attribution.params());
    params.extend(of_blocks.map(|(name, param)| (name.to_owned(), param)));

    let mut locations = config.locations;
    for (name, default) in [("marts", "out/marts"), ("work", ".journeymart")] {
        if !root.key("locations").key(name).exists() {
            locations.entry(name.to_owned()).or_insert_with(|| default.to_owned());
        }
    }
    let is_web = |place: &String| place.starts_with("http://") || place.starts_with("https://");
    if locations.get("marts").is_some_and(is_web) {
        let place = root.key("locations").key("marts");
        let message = "`marts` is a place to write to, and the web is only read";
        found.push(
            place
                .error(codes::STORAGE_URL, message)
                .hint("write a folder, or a bucket as s3://, gs:// or az://"),
        );
    }
    let mut location_names = root.key("locations").keys();
    location_names.extend(
        locations
            .keys()
            .map(String::as_str)
            .filter(|name| !root.key("locations").key(name).exists()),
    );
    let context = resolve::Context { timezone, locations: &locations, location_names };
    let mut sources = IndexMap::new();
    let mut source_places = BTreeMap::new();
    for (name, source) in config.sources {
        let place = root.key("sources").key(&name);
        source_places.insert(name.clone(), place.key_location());
        let place = match source.preset.as_ref().map(|preset| presets.0.get(preset)) {
            Some(None) => {
                // Which keys are missing only the preset could tell.
                resolve::path(&source, &context, &place, found);
                continue;
            }
            Some(Some(preset)) => place.over(preset.root()),
            None => place,
        };
        sources.extend(
            resolve::source(&name, source, &context, &place, found).map(|source| (name, source)),
        );
    }
    journey_preset::apply(&mut config.journeys, request, &root.key("journeys"), found);
    journeys::check_planned(&config.journeys, &root.key("journeys"), found);
    let generated = vec![
        journeys::stage_events(&config.journeys, &root.key("journeys")),
        funnels::funnel_matches(&config.funnels, &root.key("funnels")),
        funnels::funnel_depths(&config.funnels),
        segments::declared_members(&config.segments, &root.key("segments")),
        tasks::task_events(&config.tasks, &root.key("tasks")),
        changes::change_sessions(&config.changes, &root.key("changes")),
        experiments::experiment_goals(&config.experiments, &root.key("experiments")),
    ];
    Some(Pipeline {
        name: config.pipeline?.0,
        description: config.description,
        file,
        text,
        target: request.target.map(str::to_owned),
        timezone,
        currency: config.currency.map_or_else(|| "EUR".to_owned(), |currency| currency.0),
        params,
        locations,
        engine: config.engine.into(),
        sources,
        source_places,
        identity: config.identity,
        sessions: config.sessions,
        bots: config.bots,
        journeys: config.journeys,
        funnels: config.funnels,
        tasks: config.tasks,
        segments: config.segments,
        subscriptions: config.subscriptions,
        attribution: config.attribution,
        changes: config.changes,
        experiments: config.experiments,
        surveys: config.surveys,
        enrich: config.enrich,
        generated,
        marts: config.marts,
        late_days: config.late_days.unwrap_or(3),
        min_cell: config.min_cell.unwrap_or(10),
    })
}
