/*!
Reading a file from front to back on a thread that may block, as decompressors and parsers want it.

A remote file is fetched in ranges by a background thread, two ahead of the reader: no response stays
open while the reader is busy, each range is retried by itself, and a file that is replaced half-way
is an error, never a mixture.
*/

use std::{
    fs::File,
    io::{self, Read},
    sync::Arc,
    time::Duration,
};

use bytes::{Buf, Bytes};
use futures::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use object_store::{GetOptions, GetRange, ObjectStoreExt};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::{background, failure::Doing, location::Location};
use crate::error::Result;

const RANGE_BYTES: u64 = 8 * 1024 * 1024;
const RANGES_AHEAD: usize = 2;
/// A body may take long, but not stand still: longer than all retries of a request together.
const PATIENCE: Duration = Duration::from_secs(180);

/// The bytes of a file, in order. Its `io::Error`s become errors of ours through
/// [`Location::explain`].
#[derive(Debug)]
pub struct Reader {
    location: Location,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Disk(File),
    Network { parts: mpsc::Receiver<Result<Bytes>>, part: Bytes },
}

impl Reader {
    pub(super) fn open(location: &Location) -> Result<Self> {
        let source = match location.local_path() {
            Some(path) => {
                let file = File::open(&path).map_err(|error| location.explain(error))?;
                if file.metadata().is_ok_and(|found| found.is_dir()) {
                    return Err(location.explain(io::ErrorKind::IsADirectory.into()));
                }
                Source::Disk(file)
            }
            None => {
                let (sender, parts) = mpsc::channel(1);
                let remote = location.clone();
                background::handle()?.spawn(async move {
                    let mut fetched = fetch(remote.clone());
                    while let Some(part) = next(&mut fetched, &remote, PATIENCE).await {
                        // Nobody listens any more: the reader was dropped.
                        if sender.send(part).await.is_err() {
                            return;
                        }
                    }
                });
                Source::Network { parts, part: Bytes::new() }
            }
        };
        Ok(Self { location: location.clone(), source })
    }

    pub fn location(&self) -> &Location {
        &self.location
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.source {
            Source::Disk(file) => file.read(buffer),
            Source::Network { parts, part } => {
                while part.is_empty() {
                    match futures::executor::block_on(parts.recv()) {
                        Some(next) => *part = next.map_err(io::Error::other)?,
                        None => return Ok(0),
                    }
                }
                let count = part.len().min(buffer.len());
                part.copy_to_slice(&mut buffer[..count]);
                Ok(count)
            }
        }
    }
}

/// The SHA-256 of everything that is left to read, in lowercase hexadecimals.
pub fn sha256(source: &mut impl Read) -> io::Result<String> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1024 * 1024];
    loop {
        match source.read(&mut buffer)? {
            0 => return Ok(hexadecimal(digest)),
            count => digest.update(&buffer[..count]),
        }
    }
}

pub(crate) fn hexadecimal(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The next part, or the error of a body that stands still.
async fn next(
    parts: &mut BoxStream<'static, Result<Bytes>>,
    location: &Location,
    patience: Duration,
) -> Option<Result<Bytes>> {
    match tokio::time::timeout(patience, parts.next()).await {
        Ok(part) => part,
        Err(_) => Some(Err(location.stalled(patience))),
    }
}

fn fetch(location: Location) -> BoxStream<'static, Result<Bytes>> {
    let shown = location.clone();
    stream::once(async move {
        let (store, path) = location.object();
        if location.is_web() {
            return Ok::<_, object_store::Error>(store.get(path).await?.into_stream());
        }
        let found = store.head(path).await?;
        let starts = (0..found.size).step_by(RANGE_BYTES as usize);
        let (store, path) = (Arc::clone(store), path.clone());
        let parts = stream::iter(starts).map(move |start| {
            let range = start..found.size.min(start + RANGE_BYTES);
            let options = GetOptions::new()
                .with_range(Some(GetRange::Bounded(range)))
                .with_if_match(found.e_tag.clone());
            let (store, path) = (Arc::clone(&store), path.clone());
            async move { store.get_opts(&path, options).await?.bytes().await }
        });
        Ok(parts.buffered(RANGES_AHEAD).boxed())
    })
    .try_flatten()
    .map_err(move |error: object_store::Error| shown.report(&error, Doing::Reading))
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::Kind, storage::Storage};

    #[tokio::test]
    async fn a_body_that_stands_still_is_given_up_and_worth_another_try() {
        let location = Storage::new("/").location("https://h.example/a.csv").unwrap();
        let part = || stream::once(async { Ok(Bytes::from_static(b"id")) });
        let mut parts = part().chain(stream::pending()).boxed();
        let patience = Duration::from_secs(60);
        assert!(next(&mut parts, &location, patience).await.unwrap().is_ok());
        let error = next(&mut parts, &location, Duration::ZERO).await.unwrap().unwrap_err();
        assert_eq!(error.kind, Kind::Retryable);
        assert!(error.to_string().contains("a.csv`: nothing arrived for 0 s"), "{error}");
        assert!(next(&mut part().boxed(), &location, patience).await.is_some());
        assert!(next(&mut stream::empty().boxed(), &location, patience).await.is_none());
    }
}
