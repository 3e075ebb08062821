/*!
The input files of a run: listed once, known by content.
*/

use std::collections::BTreeMap;

use chrono::NaiveDate;
use futures::{StreamExt, stream};

use super::project::Project;
use crate::{
    error::{Diagnostic, Error, Result, codes},
    plan::SourceContent,
    publish::InputRecord,
    sources::{self, InputFile},
};

/// What was found for every declared source.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    pub(crate) files: BTreeMap<String, Vec<InputFile>>,
    pub(crate) contents: BTreeMap<String, SourceContent>,
    /// The same as the commit records it.
    pub(crate) listed: Vec<InputRecord>,
    pub(crate) warnings: Vec<Diagnostic>,
}

impl Inputs {
    /// The days that the files of each source name in their paths, one for each file.
    pub(crate) fn days(&self) -> BTreeMap<String, Vec<NaiveDate>> {
        let days = |files: &Vec<InputFile>| {
            files.iter().filter_map(|file| Some(file.period?.date())).collect()
        };
        self.files.iter().map(|(source, files)| (source.clone(), days(files))).collect()
    }
}

/// How many sources are listed at a time: stores that are far away take a while to answer.
const AT_ONCE: usize = 8;

/// Lists every source; all that are missing are reported together.
pub(crate) async fn discover(project: &Project) -> Result<Inputs> {
    let mut inputs = Inputs::default();
    let mut failed: Option<Error> = None;
    let declared = &project.pipeline.source_places;
    let mut unmatched: BTreeMap<String, &str> = BTreeMap::new();
    let listings: Vec<_> = project
        .pipeline
        .sources
        .values()
        .map(|source| sources::discover(source, &project.storage))
        .collect();
    let listed: Vec<_> = stream::iter(listings).buffered(AT_ONCE).collect().await;
    for (name, listed) in project.pipeline.sources.keys().zip(listed) {
        let discovered = match listed {
            Ok(discovered) => discovered,
            Err(mut error) => {
                for fault in &mut error.diagnostics {
                    fault.location = fault.location.take().or_else(|| declared.get(name).cloned());
                }
                match &mut failed {
                    Some(first) => first.diagnostics.extend(error.diagnostics),
                    None => failed = Some(error),
                }
                continue;
            }
        };
        inputs.warnings.extend(discovered.warnings);
        unmatched.extend(discovered.unmatched.into_iter().map(|path| (path, name.as_str())));
        let content = SourceContent {
            files: discovered
                .files
                .iter()
                .map(|file| (file.content_id.clone(), file.period))
                .collect(),
            bytes: discovered.files.iter().map(|file| file.size).sum(),
        };
        inputs.listed.extend(discovered.files.iter().map(|file| InputRecord {
            source: name.clone(),
            path: file.path.clone(),
            bytes: file.size,
            content_id: file.content_id.clone(),
        }));
        inputs.contents.insert(name.clone(), content);
        inputs.files.insert(name.clone(), discovered.files);
    }
    if let Some(error) = failed {
        return Err(error);
    }
    // A file beside those of one source is often one of another.
    for file in inputs.files.values().flatten() {
        unmatched.remove(&file.path);
    }
    inputs.warnings.extend(unmatched.into_iter().map(|(path, source)| {
        let message = format!("`{path}` matches no pattern of any source and is not loaded");
        Diagnostic::warning(codes::UNMATCHED_FILE, message)
            .hint(format!("it lies beside the files of source `{source}`"))
    }));
    Ok(inputs)
}
