/*!
The files of a source, known by their content.
*/

use std::{
    io::{self, Read},
    sync::Arc,
};

use chrono::NaiveDateTime;
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::{Semaphore, oneshot};

use crate::{
    config::{
        reading::{Format, Names},
        source::Source,
    },
    error::{Diagnostic, Error, Kind, Result, codes},
    storage::{FoundFile, Location, Storage, sha256},
};

use super::{given::facts, layout::select, names::NameFiles};

/// One file to load.
#[derive(Debug, Clone)]
pub struct InputFile {
    pub location: Location,
    /// As messages and `_file` show it: as the source's path is written.
    pub path: String,
    pub size: u64,
    /// Equal for equal content: SHA-256 where the file is on this machine, else what its store
    /// vouches for.
    pub content_id: String,
    /// The start of the period that `{date:…}` in the source's path matched.
    pub period: Option<NaiveDateTime>,
    /// The names of its columns, where another file says them.
    pub names: Option<Arc<[String]>>,
    /// The path of the file that it lies in, where it is a member of an archive or a sheet.
    pub within: Option<String>,
    /// Its path in an archive.
    pub member: Option<String>,
    /// Its name in a workbook.
    pub sheet: Option<String>,
}

impl InputFile {
    /// A file within this one.
    pub(crate) fn member(&self, name: &str) -> Self {
        Self { member: Some(name.to_owned()), ..self.inner(name) }
    }

    /// A sheet of this one.
    pub(crate) fn sheet(&self, name: &str) -> Self {
        Self { sheet: Some(name.to_owned()), ..self.inner(name) }
    }

    fn inner(&self, name: &str) -> Self {
        let outermost = self.within.as_ref().unwrap_or(&self.path);
        Self {
            path: format!("{}!{name}", self.path),
            within: Some(outermost.clone()),
            ..self.clone()
        }
    }
}

/// The files of a source, in order of path, and what lies beside them.
#[derive(Debug, Clone)]
pub struct Discovered {
    pub files: Vec<InputFile>,
    /// Files in the same folders that match no pattern of this source.
    pub unmatched: Vec<String>,
    pub warnings: Vec<Diagnostic>,
}

/// Finds the files of a source and identifies their content.
pub async fn discover(source: &Source, storage: &Storage) -> Result<Discovered> {
    let absent = || format!("no file matches `{}` of source `{}`", source.path, source.name);
    let mut found = match storage.find(&source.path).await {
        // What is not required may lack its folder too.
        Err(error) if !source.required && error.diagnostics[0].code == codes::STORAGE_MISSING => {
            let warnings = vec![Diagnostic::warning(codes::NO_FILES, absent())];
            return Ok(Discovered { files: Vec::new(), unmatched: Vec::new(), warnings });
        }
        other => other?,
    };
    let mut warnings = select(source, &mut found, storage).await?;
    if found.files.is_empty() {
        let beside = match found.unmatched.as_slice() {
            _ if !warnings.is_empty() => warnings.first().map(ToString::to_string),
            [] => None,
            [first] => Some(format!("`{first}` lies there")),
            [first, rest @ ..] => Some(format!("`{first}` and {} more lie there", rest.len())),
        };
        let hint = beside.unwrap_or_else(|| {
            "the folder is empty; declare `required: false` if that may be so".to_owned()
        });
        if source.required {
            return Err(Error::failed(codes::NO_FILES, absent()).hint(hint));
        }
        warnings.push(Diagnostic::warning(codes::NO_FILES, absent()).hint(hint));
    }
    let files = stream::iter(found.files).map(identify);
    let mut files: Vec<InputFile> = files.buffered(AT_ONCE).try_collect().await?;
    for file in &mut files {
        file.content_id += &facts(source, file);
    }
    let mut unmatched = found.unmatched;
    if let (Format::Csv, Names::File(pattern)) = (source.format, &source.csv.names) {
        let names = NameFiles::find(pattern, &source.csv, storage).await?;
        names.apply(&mut files)?;
        unmatched.retain(|path| !names.contains(path));
    }
    Ok(Discovered { files, unmatched, warnings })
}

/// How many files are read for their content at a time, whatever sources they belong to.
const AT_ONCE: usize = 8;
static READERS: Semaphore = Semaphore::const_new(AT_ONCE);

/// A file as long as somebody waits for what it holds: a thread that reads is not stopped otherwise.
struct Awaited<R> {
    content: R,
    answer: oneshot::Sender<()>,
}

impl<R: Read> Read for Awaited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.answer.is_closed() {
            return Err(io::Error::other("nobody waits for it"));
        }
        self.content.read(buffer)
    }
}

pub(crate) async fn identify(found: FoundFile) -> Result<InputFile> {
    let content_id = match &found.version {
        Some(version) => format!("version:{version}:{}", found.size),
        None => {
            let _one_of_few = READERS.acquire().await;
            let location = found.location.clone();
            let (answer, _awaited) = oneshot::channel();
            let hashed = tokio::task::spawn_blocking(move || {
                let mut content = Awaited { content: location.open()?, answer };
                sha256(&mut content).map_err(|error| location.explain(error))
            });
            let digest = hashed.await.map_err(|error| {
                Error::failed(codes::STORAGE_READ, format!("`{}`: {error}", found.path))
            })?;
            format!("sha256:{}", digest?)
        }
    };
    Ok(InputFile {
        location: found.location,
        path: found.path,
        size: found.size,
        content_id,
        period: found.period,
        names: None,
        within: None,
        member: None,
        sheet: None,
    })
}

/// The worst kind of several: what cannot be repaired by running again comes first.
pub(crate) fn worst(kinds: impl Iterator<Item = Kind>) -> Kind {
    kinds.fold(Kind::Retryable, |worst, kind| if worst == Kind::Retryable { kind } else { worst })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_ends_when_nobody_waits_for_it() {
        let (answer, awaited) = oneshot::channel();
        let mut content = Awaited { content: io::repeat(0), answer };
        assert_eq!(content.read(&mut [1; 8]).unwrap(), 8);
        drop(awaited);
        // What never ends would not come back from here.
        assert!(io::copy(&mut content, &mut io::sink()).is_err());
    }
}
