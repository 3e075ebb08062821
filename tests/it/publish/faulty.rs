//! A store that fails, lies or is struck dead at a chosen moment.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    path::Path,
};

/// Something that changes the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Put,
    Create,
    Upload,
    Copy,
    Delete,
}

/// What becomes of a change.
#[derive(Debug)]
pub(super) enum Fate {
    Done,
    /// Nothing happens and this is the answer.
    Refused(Error),
    /// It happens, but the answer is lost.
    Unanswered,
    /// A create that overwrites, as if it had been no condition.
    Overwrites,
    /// Something else is created first, then the answer is lost.
    Outrun(&'static str),
}

type Rule = dyn Fn(usize, Change, &Path) -> Fate + Send + Sync;

/// Asks a rule about every change: its number, what it is and where.
pub(super) struct Faulty {
    inner: Arc<dyn ObjectStore>,
    changes: Arc<AtomicUsize>,
    rule: Arc<Rule>,
    lists: bool,
}

impl Faulty {
    pub(super) fn new(
        inner: Arc<dyn ObjectStore>,
        rule: impl Fn(usize, Change, &Path) -> Fate + Send + Sync + 'static,
    ) -> Self {
        Self { inner, changes: Arc::default(), rule: Arc::new(rule), lists: true }
    }

    /// Its listings are empty.
    pub(super) fn blind(self) -> Self {
        Self { lists: false, ..self }
    }

    fn fate(&self, change: Change, path: &Path) -> Fate {
        (self.rule)(self.changes.fetch_add(1, Ordering::SeqCst), change, path)
    }
}

pub(super) fn lost() -> Error {
    let source = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    Error::Generic { store: "faulty", source: source.into() }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let creates = options.mode == PutMode::Create;
        let change = if creates { Change::Create } else { Change::Put };
        match self.fate(change, path) {
            Fate::Done => self.inner.put_opts(path, payload, options).await,
            Fate::Refused(error) => Err(error),
            Fate::Unanswered => {
                self.inner.put_opts(path, payload, options).await?;
                Err(lost())
            }
            Fate::Overwrites => self.inner.put_opts(path, payload, PutOptions::default()).await,
            Fate::Outrun(content) => {
                self.inner.put_opts(path, content.into(), options).await?;
                Err(lost())
            }
        }
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        match self.fate(Change::Upload, path) {
            Fate::Refused(error) => Err(error),
            _ => self.inner.put_multipart_opts(path, options).await,
        }
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let (inner, rule) = (Arc::clone(&self.inner), Arc::clone(&self.rule));
        let changes = Arc::clone(&self.changes);
        let one = move |path: Result<Path>| {
            let (inner, rule) = (Arc::clone(&inner), Arc::clone(&rule));
            let changes = Arc::clone(&changes);
            async move {
                let path = path?;
                match rule(changes.fetch_add(1, Ordering::SeqCst), Change::Delete, &path) {
                    Fate::Refused(error) => Err(error),
                    _ => {
                        let one = futures::stream::iter([Ok(path.clone())]).boxed();
                        inner.delete_stream(one).next().await.unwrap()
                    }
                }
            }
        };
        paths.then(one).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        match self.lists {
            true => self.inner.list_with_delimiter(prefix).await,
            false => Ok(ListResult { common_prefixes: Vec::new(), objects: Vec::new() }),
        }
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        match self.fate(Change::Copy, to) {
            Fate::Refused(error) => Err(error),
            _ => self.inner.copy_opts(from, to, options).await,
        }
    }
}
