/*!
One place in a store: a file or a folder, with everything that can be done to it.
*/

use std::{
    fmt, io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{
    ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, local::LocalFileSystem,
    path::Path,
};

use super::{
    address::Scheme,
    failure::{self, Doing},
    local,
    read::Reader,
    upload::Upload,
};
use crate::error::{Error, Result, codes};

/// Servers copy objects up to 5 GB in one step; larger ones go through this machine.
const COPY_LIMIT: u64 = 5_000_000_000;

/// A file or folder of a store, which prints as the user wrote it.
#[derive(Clone)]
pub struct Location {
    store: Arc<dyn ObjectStore>,
    path: Path,
    shown: String,
    scheme: Scheme,
}

/// What a listing knows of a file.
#[derive(Debug, Clone)]
pub struct Entry {
    pub location: Location,
    /// The path below the folder that was listed, with `/` between its parts.
    pub name: String,
    pub size: u64,
    /// Changes whenever the file is written: the store's entity tag.
    pub version: Option<String>,
    pub modified: DateTime<Utc>,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

impl Location {
    pub(super) fn new(
        store: Arc<dyn ObjectStore>,
        path: Path,
        shown: String,
        scheme: Scheme,
    ) -> Self {
        Self { store, path, shown, scheme }
    }

    /// A place in any store, such as one that injects faults.
    pub fn in_store(store: Arc<dyn ObjectStore>, path: Path, shown: impl Into<String>) -> Self {
        Self::new(store, path, shown.into(), Scheme::Memory)
    }

    /// The store and the path in it, for readers that fetch ranges themselves.
    pub fn object(&self) -> (&Arc<dyn ObjectStore>, &Path) {
        (&self.store, &self.path)
    }

    /// The same place in another store, such as one that injects faults into this one.
    #[must_use]
    pub fn through(&self, wrap: impl FnOnce(Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore>) -> Self {
        Self { store: wrap(Arc::clone(&self.store)), ..self.clone() }
    }

    /// The file's path, if it is on this machine.
    pub fn local_path(&self) -> Option<PathBuf> {
        match self.scheme {
            Scheme::File => LocalFileSystem::new().path_to_filesystem(&self.path).ok(),
            _ => None,
        }
    }

    /// The last part of the path.
    pub fn name(&self) -> &str {
        self.path.filename().unwrap_or_default()
    }

    /// A place below this one; `below` may hold several parts.
    #[must_use]
    pub fn join(&self, below: &str) -> Self {
        let parts = below.split('/').filter(|part| !part.is_empty());
        let path = parts.fold(self.path.clone(), |path, part| path.join(part));
        let between = if self.shown.is_empty() || self.shown.ends_with('/') { "" } else { "/" };
        let shown = format!("{}{between}{below}", self.shown);
        Self { path, shown, ..self.clone() }
    }

    /// The whole content of a small file.
    pub async fn get(&self) -> Result<Bytes> {
        self.try_get().await.map_err(|error| self.report(&error, Doing::Reading))
    }

    /// The whole content of a small file, or nothing where there is none.
    pub async fn get_if_exists(&self) -> Result<Option<Bytes>> {
        match self.try_get().await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.report(&error, Doing::Reading)),
        }
    }

    async fn try_get(&self) -> object_store::Result<Bytes> {
        self.store.get(&self.path).await?.bytes().await
    }

    /// Size and version of the file, or nothing where there is none.
    pub async fn head(&self) -> Result<Option<Entry>> {
        match self.store.head(&self.path).await {
            Ok(found) => Ok(Some(Entry {
                location: self.clone(),
                name: self.name().into(),
                size: found.size,
                version: version(found.e_tag),
                modified: found.last_modified,
            })),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.report(&error, Doing::Reading)),
        }
    }

    /// Reads the file from front to back on a thread that may block. See [`Reader`].
    pub fn open(&self) -> Result<Reader> {
        Reader::open(self)
    }

    /// The error to report for one that reading this file returned, however often it was wrapped.
    pub fn explain(&self, error: io::Error) -> Error {
        let source = Box::new(error);
        self.report(&object_store::Error::Generic { store: "file", source }, Doing::Reading)
    }

    /// Writes the file in one step: readers see the old content or the new one. Returns the version
    /// that this very content got, where the store says so.
    pub async fn put(&self, content: impl Into<Bytes>) -> Result<Option<String>> {
        self.writable()?;
        let payload = content.into().into();
        match self.store.put(&self.path, payload).await {
            Ok(written) => Ok(version(written.e_tag)),
            Err(error) => Err(self.report(&error, Doing::Writing)),
        }
    }

    /// Writes the file unless there is one: whether it is this call's content that now stands.
    ///
    /// An error leaves open whether the file was written.
    pub async fn put_if_absent(&self, content: impl Into<Bytes>) -> Result<bool> {
        self.writable()?;
        let options = PutOptions::from(PutMode::Create);
        match self.store.put_opts(&self.path, content.into().into(), options).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(self.report(&error, Doing::Writing)),
        }
    }

    /// Starts writing a file of any size, which appears only when the upload is finished.
    pub fn upload(&self) -> Result<Upload> {
        self.writable()?;
        Ok(Upload::new(self.clone()))
    }

    /// Writes `self` in one step as a copy of `source`, a file of `size` bytes in the same store.
    pub async fn copy_from(&self, source: &Self, size: u64) -> Result<()> {
        self.writable()?;
        if size > COPY_LIMIT && self.scheme != Scheme::File {
            return self.upload_from(source).await;
        }
        let copied = self.store.copy(&source.path, &self.path).await;
        copied.map_err(|error| match error {
            object_store::Error::NotFound { .. } => source.report(&error, Doing::Reading),
            _ => self.report(&error, Doing::Writing),
        })
    }

    async fn upload_from(&self, source: &Self) -> Result<()> {
        let found = source.store.get(&source.path).await;
        let found = found.map_err(|error| source.report(&error, Doing::Reading))?;
        let mut parts = found.into_stream();
        let mut upload = self.upload()?;
        loop {
            match parts.try_next().await {
                Ok(Some(part)) => upload.write(&part).await?,
                Ok(None) => return upload.finish().await,
                Err(error) => {
                    upload.abort().await;
                    return Err(source.report(&error, Doing::Reading));
                }
            }
        }
    }

    /// Removes the file; one that is already gone is no error.
    pub async fn delete(&self) -> Result<()> {
        self.writable()?;
        match self.store.delete(&self.path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.report(&error, Doing::Deleting)),
        }
    }

    /// Removes everything below this folder.
    pub async fn delete_folder(&self) -> Result<()> {
        self.writable()?;
        let paths: Vec<_> =
            self.list().await?.into_iter().map(|entry| Ok(entry.location.path)).collect();
        let mut deleted = self.store.delete_stream(stream::iter(paths).boxed());
        while let Some(answer) = deleted.next().await {
            match answer {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(self.report(&error, Doing::Deleting)),
            }
        }
        if let Some(folder) = self.local_path() {
            // Object stores have no folders; what is left here is empty ones.
            let _ = std::fs::remove_dir_all(folder);
        }
        Ok(())
    }

    /// Removes what writes that were killed before `limit` have left in this folder, and below it if
    /// `deep`. Only local disks keep such files; buckets have lifecycle rules for them.
    pub(crate) fn sweep(&self, limit: SystemTime, deep: bool) -> Result<()> {
        match self.local_path() {
            Some(folder) => local::sweep(&folder, limit, deep).map_err(|error| self.explain(error)),
            None => Ok(()),
        }
    }

    /// Every file below this folder at any depth, in order of name.
    pub async fn list(&self) -> Result<Vec<Entry>> {
        let found: Vec<ObjectMeta> = self
            .store
            .list(Some(&self.path))
            .try_collect()
            .await
            .map_err(|error| self.report(&error, Doing::Listing))?;
        Ok(self.entries(found))
    }

    /// The files and the names of the folders directly in this folder, in order.
    pub async fn children(&self) -> Result<(Vec<Entry>, Vec<String>)> {
        let found = self
            .store
            .list_with_delimiter(Some(&self.path))
            .await
            .map_err(|error| self.report(&error, Doing::Listing))?;
        let folders = found.common_prefixes.iter();
        let mut folders: Vec<String> =
            folders.filter_map(|path| path.filename().map(Into::into)).collect();
        folders.sort();
        Ok((self.entries(found.objects), folders))
    }

    fn entries(&self, found: Vec<ObjectMeta>) -> Vec<Entry> {
        let mut entries: Vec<Entry> = found
            .into_iter()
            .filter_map(|found| {
                let parts = found.location.prefix_match(&self.path)?;
                let parts: Vec<String> = parts.map(|part| part.as_ref().to_owned()).collect();
                let name = parts.join("/");
                // Some servers list a folder as an empty object of its own name.
                (!name.is_empty()).then(|| Entry {
                    location: Self { path: found.location.clone(), ..self.join(&name) },
                    name,
                    size: found.size,
                    version: version(found.e_tag),
                    modified: found.last_modified,
                })
            })
            .collect();
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        entries
    }

    pub(crate) fn is_web(&self) -> bool {
        self.scheme == Scheme::Http
    }

    fn writable(&self) -> Result<()> {
        match self.is_web() {
            false => Ok(()),
            true => Err(Error::usage(
                codes::STORAGE_WRITE,
                format!("cannot write `{self}`: https:// locations are read-only"),
            )),
        }
    }

    /// The error of a body of which nothing more arrives.
    pub(super) fn stalled(&self, waited: Duration) -> Error {
        failure::stalled(waited, &self.shown)
    }

    pub(super) fn report(&self, error: &object_store::Error, doing: Doing) -> Error {
        failure::report(error, doing, &self.shown)
    }
}

/// Azure quotes the tag in a response and not in a listing.
fn version(tag: Option<String>) -> Option<String> {
    tag.map(|tag| tag.trim_matches('"').to_owned())
}
