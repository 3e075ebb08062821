/*!
What every command starts from: the project's folder, its pipeline and its catalog.
*/

use std::{
    env, mem,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{DateTime, NaiveDate, Utc};

use super::cache::Cache;
use crate::{
    catalog::{Catalog, Kept, Library, Schemas},
    config::{
        self, LoadRequest, formats,
        params::{AS_OF_DATE, ParamValue},
        pipeline::Pipeline,
    },
    engine::{Engine, EngineOptions},
    error::{Diagnostic, Error, Result, codes},
    storage::Storage,
};

/// What the command line says about a project.
#[derive(Debug, Clone, Default)]
pub struct ProjectOptions {
    pub project_dir: Option<PathBuf>,
    /// The pipeline file; by default the only one in `pipelines/`.
    pub pipeline: Option<PathBuf>,
    pub target: Option<String>,
    pub params: Vec<(String, String)>,
    pub threads: Option<usize>,
    /// Such as `1GB`.
    pub memory_limit: Option<String>,
    pub batch_size: Option<usize>,
    /// The time whose date `default: today` means; by default now.
    pub now: Option<DateTime<Utc>>,
}

/// A loaded pipeline with everything around it.
#[derive(Debug)]
pub struct Project {
    pub dir: PathBuf,
    pub pipeline: Pipeline,
    pub catalog: Catalog,
    pub storage: Storage,
    pub engine_options: EngineOptions,
    /// What was odd but no error.
    pub warnings: Vec<Diagnostic>,
}

/// Bytes of results kept between runs, unless the pipeline says otherwise.
const CACHE_LIMIT: u64 = 20 << 30;

impl Project {
    /// Reads and validates everything; all errors at once.
    pub fn open(options: &ProjectOptions) -> Result<Self> {
        Self::load(project_dir(options)?, options, None, Catalog::load)
    }

    /// Reads the pipeline and no SQL file: enough to find what is published.
    pub fn open_published(options: &ProjectOptions) -> Result<Self> {
        let catalog =
            |_: &Path, _: &Library, pipeline: &Pipeline| Ok(Catalog::without_files(pipeline));
        Self::load(project_dir(options)?, options, None, catalog)
    }

    /// A project whose pipeline is at hand as text; `file` is what messages call it.
    pub fn of_text(dir: &Path, file: &str, text: &str) -> Result<Self> {
        let text = Some((file, text.into()));
        Self::load(dir.to_owned(), &ProjectOptions::default(), text, Catalog::load)
    }

    fn load(
        dir: PathBuf,
        options: &ProjectOptions,
        text: Option<(&str, Arc<str>)>,
        catalog: impl Fn(&Path, &Library, &Pipeline) -> Result<Catalog>,
    ) -> Result<Self> {
        let library = Library::standard()?;
        let presets = |name: &str| library.preset(&dir, name).ok().flatten();
        let request = LoadRequest {
            project_dir: &dir,
            pipeline: options.pipeline.as_deref(),
            target: options.target.as_deref(),
            params: &options.params,
            env: &|name| env::var(name).ok(),
            presets: &presets,
            preset_names: &library.preset_names(&dir)?,
            journey_preset_names: &library.journey_preset_names(&dir)?,
            now: options.now.unwrap_or_else(Utc::now),
        };
        let (pipeline, warnings) = match text {
            Some((file, text)) => config::load_text(file, text, &request)?,
            None => config::load(&request)?,
        };
        let catalog = catalog(&dir, &library, &pipeline)?;
        let engine_options = engine_options(&dir, &pipeline, options)?;
        Ok(Self { storage: Storage::new(&dir), dir, pipeline, catalog, engine_options, warnings })
    }

    pub fn engine(&self) -> Result<Engine> {
        Engine::new(self.engine_options.clone())
    }

    /// Plans everything that changed since the last check, without reading a row: the columns of
    /// every table and the warnings, or every error at once.
    pub fn check(&self, engine: &Engine) -> Result<(Schemas, Vec<Diagnostic>)> {
        let cache = self.cache();
        let pipeline = &self.pipeline.name;
        let earlier =
            cache.checked(pipeline).map(|bytes| Kept::from_bytes(&bytes)).unwrap_or_default();
        let checked = self.catalog.check_again(&engine.state(), &earlier);
        if !checked.kept.is_same(&earlier) {
            cache.put_checked(pipeline, &checked.kept.to_bytes());
        }
        checked.finish()
    }

    /// An engine that plans and never touches a disk.
    pub fn planner(&self) -> Result<Engine> {
        Engine::planner(self.engine_options.clone())
    }

    /// The last local day that counts.
    pub fn as_of_date(&self) -> Option<NaiveDate> {
        match self.pipeline.params.get(AS_OF_DATE)?.value {
            ParamValue::Date(date) => Some(date),
            _ => None,
        }
    }

    /// The work folder: history, cache, spill.
    pub fn work_dir(&self) -> PathBuf {
        self.dir.join(&self.pipeline.locations["work"])
    }

    pub(crate) fn cache(&self) -> Cache {
        let limit = self.pipeline.engine.cache_limit.unwrap_or(CACHE_LIMIT);
        Cache::new(&self.work_dir(), limit)
    }

    /// Empties the cache and says how many bytes that freed.
    pub fn clean(&self) -> Result<u64> {
        self.cache().clear()
    }

    /// Takes the warnings, so that they are told once.
    pub fn take_warnings(&mut self) -> Vec<Diagnostic> {
        mem::take(&mut self.warnings)
    }
}

/// The project's folder: the given one, else the one above the pipeline's `pipelines` folder, else
/// the pipeline's own, else the current one.
fn project_dir(options: &ProjectOptions) -> Result<PathBuf> {
    if let Some(dir) = &options.project_dir {
        return Ok(dir.clone());
    }
    let Some(file) = &options.pipeline else {
        return env::current_dir().map_err(|error| {
            Error::usage(codes::NO_PIPELINE, format!("the current folder is gone: {error}"))
        });
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    let dir = match folder.file_name() {
        Some(name) if name == "pipelines" => folder.parent().unwrap_or(Path::new("")),
        _ => folder,
    };
    Ok(if dir.as_os_str().is_empty() { PathBuf::from(".") } else { dir.to_owned() })
}

fn engine_options(
    dir: &Path,
    pipeline: &Pipeline,
    options: &ProjectOptions,
) -> Result<EngineOptions> {
    let spill_dir = match &pipeline.engine.spill_dir {
        Some(path) => dir.join(path),
        None => dir.join(&pipeline.locations["work"]).join("spill"),
    };
    let mut engine = EngineOptions::for_this_machine(spill_dir);
    let asked = match &options.memory_limit {
        Some(text) => {
            let size: formats::ByteSize = text.parse().map_err(|message| {
                Error::usage(codes::CLI, format!("--memory-limit: {message}"))
            })?;
            Some(size.0)
        }
        None => pipeline.engine.memory_limit,
    };
    if let Some(bytes) = asked {
        engine = engine.with_memory_limit(usize::try_from(bytes).unwrap_or(usize::MAX));
    }
    if let Some(threads) = options.threads.or(pipeline.engine.threads) {
        engine.threads = threads.max(1);
    }
    if let Some(rows) = options.batch_size {
        engine.batch_size = rows.max(1);
    }
    Ok(engine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_the_folder_above_its_pipelines() {
        let dir = |pipeline: &str| {
            let options =
                ProjectOptions { pipeline: Some(pipeline.into()), ..ProjectOptions::default() };
            project_dir(&options).unwrap()
        };
        assert_eq!(dir("pipelines/a.yaml"), Path::new("."));
        assert_eq!(dir("x/pipelines/a.yaml"), Path::new("x"));
        assert_eq!(dir("x/a.yaml"), Path::new("x"));
        assert_eq!(dir("a.yaml"), Path::new("."));
    }
}
