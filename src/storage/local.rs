/*!
Local folders as an object store whose writes survive a power cut.

Reading and listing are `object_store`'s. A write goes to a temporary name, is flushed to the disk,
takes its place by a rename (or, where it must be the first, by a hard link) and then the folder is
flushed, so that a file is either absent, the old one or the new one. Temporary names end in `#` and
digits, which listings leave out.
*/

use std::{
    fmt,
    fs::{self, File},
    io::{self, Write},
    path::{Path as FilePath, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use async_trait::async_trait;
use futures::{FutureExt, StreamExt, stream::BoxStream};
use object_store::{
    CopyMode, CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    UploadPart, local::LocalFileSystem, path::Path,
};
use parking_lot::Mutex;
use uuid::Uuid;
use walkdir::WalkDir;

#[derive(Debug, Clone)]
pub(super) struct LocalStore {
    files: LocalFileSystem,
}

impl LocalStore {
    pub(super) fn new() -> Self {
        Self { files: LocalFileSystem::new() }
    }
}

impl fmt::Display for LocalStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("local files")
    }
}

#[async_trait]
impl ObjectStore for LocalStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let target = self.files.path_to_filesystem(location)?;
        blocking(move || {
            let mut staged = Staged::new(target)?;
            payload.iter().try_for_each(|part| staged.file.write_all(part))?;
            match options.mode {
                PutMode::Create => staged.create(),
                _ => staged.replace(),
            }
        })
        .await?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let target = self.files.path_to_filesystem(location)?;
        let staged = blocking(move || Staged::new(target)).await?;
        Ok(Box::new(LocalUpload { staged: Arc::new(Mutex::new(Some(staged))) }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.files.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let files = self.files.clone();
        self.files
            .delete_stream(locations)
            .then(move |deleted| {
                let files = files.clone();
                async move {
                    let deleted = deleted?;
                    let path = files.path_to_filesystem(&deleted)?;
                    blocking(move || sync_folder(folder_of(&path))).await?;
                    Ok(deleted)
                }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.files.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.files.list_with_delimiter(prefix).await
    }

    /// A real copy: a hard link would let a program that overwrites the copy in place change the
    /// original too.
    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let source = self.files.path_to_filesystem(from)?;
        let target = self.files.path_to_filesystem(to)?;
        blocking(move || {
            let mut source = File::open(source)?;
            let mut staged = Staged::new(target)?;
            io::copy(&mut source, &mut staged.file)?;
            match options.mode {
                CopyMode::Create => staged.create(),
                CopyMode::Overwrite => staged.replace(),
            }
        })
        .await
    }
}

/// Parts arrive in order: the uploader waits for one before it hands over the next.
#[derive(Debug)]
struct LocalUpload {
    staged: Arc<Mutex<Option<Staged>>>,
}

#[async_trait]
impl MultipartUpload for LocalUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let staged = Arc::clone(&self.staged);
        blocking(move || {
            let mut staged = staged.lock();
            let staged = staged.as_mut().ok_or_else(ended)?;
            Ok(data.iter().try_for_each(|part| staged.file.write_all(part))?)
        })
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let staged = self.staged.lock().take();
        blocking(move || staged.ok_or_else(ended)?.replace()).await?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn abort(&mut self) -> Result<()> {
        self.staged.lock().take();
        Ok(())
    }
}

/// A file under a temporary name beside its target; removed again unless it takes its place.
#[derive(Debug)]
struct Staged {
    file: File,
    temporary: PathBuf,
    target: PathBuf,
    placed: bool,
}

impl Staged {
    fn new(target: PathBuf) -> Failable<Self> {
        create_folder(folder_of(&target))?;
        let mut temporary = target.clone().into_os_string();
        temporary.push(format!("#{}", Uuid::now_v7().as_u128()));
        let temporary = PathBuf::from(temporary);
        let file = File::create_new(&temporary)?;
        Ok(Self { file, temporary, target, placed: false })
    }

    fn replace(mut self) -> Failable<()> {
        self.file.sync_all()?;
        fs::rename(&self.temporary, &self.target)?;
        self.placed = true;
        sync_folder(folder_of(&self.target))
    }

    fn create(self) -> Failable<()> {
        self.file.sync_all()?;
        match fs::hard_link(&self.temporary, &self.target) {
            Ok(()) => sync_folder(folder_of(&self.target)),
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {
                let path = self.target.display().to_string();
                Err(Error::AlreadyExists { path, source: source.into() }.into())
            }
            // The folder took the temporary file, so what is refused is the link itself.
            Err(source) if source.kind() != io::ErrorKind::StorageFull => {
                let operation = "make hard links, which creating a file only if absent needs";
                let (operation, implementer) = (operation.into(), "local files".into());
                Err(Error::NotImplemented { operation, implementer }.into())
            }
            Err(source) => Err(source.into()),
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.placed {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Removes what writes that were killed have left in a folder, and below it if `deep`, since before
/// `limit`. Later ones may still be under way.
pub(super) fn sweep(folder: &FilePath, limit: SystemTime, deep: bool) -> io::Result<()> {
    let depth = if deep { usize::MAX } else { 1 };
    for entry in WalkDir::new(folder).max_depth(depth).into_iter().filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy();
        let is_temporary = name.rsplit_once('#').is_some_and(|(_, digits)| {
            !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
        });
        if is_temporary && entry.metadata()?.modified()? < limit {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn create_folder(folder: &FilePath) -> Failable<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder_of(folder);
    create_folder(parent)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => sync_folder(parent),
    }
}

fn folder_of(path: &FilePath) -> &FilePath {
    path.parent().unwrap_or(FilePath::new("/"))
}

/// Makes a rename, a link or a removal in the folder durable. Windows has no such call.
fn sync_folder(folder: &FilePath) -> Failable<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn ended() -> io::Error {
    io::Error::other("the upload has ended")
}

/// Either error, so that `?` works on both.
struct Failure(Error);
type Failable<T> = std::result::Result<T, Failure>;

impl From<io::Error> for Failure {
    fn from(source: io::Error) -> Self {
        Self(Error::Generic { store: "local files", source: source.into() })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Failable<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await?.map_err(|failure| failure.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use object_store::ObjectStoreExt;

    use super::*;

    async fn read(store: &LocalStore, path: &Path) -> Vec<u8> {
        store.get(path).await.unwrap().bytes().await.unwrap().to_vec()
    }

    fn names(folder: &FilePath) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_second_create_is_refused_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = Path::from_absolute_path(folder.path().join("new/deep/file")).unwrap();
        let store = LocalStore::new();
        let create = || PutOptions::from(PutMode::Create);

        store.put_opts(&path, "first".into(), create()).await.unwrap();
        let second = store.put_opts(&path, "second".into(), create()).await;
        assert!(matches!(second, Err(Error::AlreadyExists { .. })));
        assert_eq!(read(&store, &path).await, b"first");

        store.put(&path, "third".into()).await.unwrap();
        assert_eq!(read(&store, &path).await, b"third");
        assert_eq!(names(&folder.path().join("new/deep")), ["file"]);
    }

    #[tokio::test]
    async fn an_aborted_upload_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = Path::from_absolute_path(folder.path().join("file")).unwrap();
        let mut upload = LocalStore::new().put_multipart(&path).await.unwrap();
        upload.put_part("part".into()).await.unwrap();
        assert_eq!(names(folder.path()).len(), 1);
        upload.abort().await.unwrap();
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[tokio::test]
    async fn what_a_killed_write_left_is_swept_once_it_is_old() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["file", "file#17", "file#x"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        sweep(folder.path(), SystemTime::UNIX_EPOCH, true).unwrap();
        assert_eq!(names(folder.path()).len(), 3);
        sweep(folder.path(), SystemTime::now() + Duration::from_secs(9), true).unwrap();
        assert_eq!(names(folder.path()), ["file", "file#x"]);
    }

    #[tokio::test]
    async fn a_copy_does_not_share_the_original() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name| Path::from_absolute_path(folder.path().join(name)).unwrap();
        let store = LocalStore::new();
        store.put(&path("a"), "original".into()).await.unwrap();
        store.copy(&path("a"), &path("b")).await.unwrap();
        fs::write(folder.path().join("b"), "scribbled").unwrap();
        assert_eq!(read(&store, &path("a")).await, b"original");
    }
}
