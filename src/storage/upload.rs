/*!
Writing a file of any size in one pass: small ones in one request, larger ones in parts.

Nothing is visible until [`Upload::finish`]. An upload that fails or is dropped is aborted, so that
no invisible parts stay behind to be paid for; a killed process cannot do that, which is what a
bucket's lifecycle rule for incomplete uploads is for.
*/

use bytes::{Bytes, BytesMut};
use object_store::{MultipartUpload, ObjectStoreExt};

use super::{failure::Doing, location::Location};
use crate::error::Result;

/// Parts of one size, as some stores demand; ten thousand of them, as most allow, make 160 GB.
const PART_BYTES: usize = 16 * 1024 * 1024;

pub struct Upload {
    location: Location,
    buffer: BytesMut,
    parts: Option<Box<dyn MultipartUpload>>,
}

impl Upload {
    pub(super) fn new(location: Location) -> Self {
        Self { location, buffer: BytesMut::new(), parts: None }
    }

    /// Appends to the file. After an error the upload is over.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.buffer.extend_from_slice(bytes);
        while self.buffer.len() > PART_BYTES {
            let part = self.buffer.split_to(PART_BYTES).freeze();
            if let Err(error) = self.put_part(part).await {
                return Err(self.failed(&error).await);
            }
        }
        Ok(())
    }

    /// Makes the file visible.
    pub async fn finish(mut self) -> Result<()> {
        let rest = self.buffer.split().freeze();
        let outcome = match self.parts.is_some() {
            false => {
                let (store, path) = self.location.object();
                store.put(path, rest.into()).await.map(|_| ())
            }
            true => self.complete(rest).await,
        };
        match outcome {
            Ok(()) => {
                self.parts = None;
                Ok(())
            }
            Err(error) => Err(self.failed(&error).await),
        }
    }

    /// Gives up: nothing of the file stays.
    pub async fn abort(mut self) {
        self.give_up().await;
    }

    async fn complete(&mut self, rest: Bytes) -> object_store::Result<()> {
        if !rest.is_empty() {
            self.put_part(rest).await?;
        }
        if let Some(parts) = &mut self.parts {
            parts.complete().await?;
        }
        Ok(())
    }

    async fn put_part(&mut self, part: Bytes) -> object_store::Result<()> {
        let parts = match &mut self.parts {
            Some(parts) => parts,
            none => {
                let (store, path) = self.location.object();
                none.insert(store.put_multipart(path).await?)
            }
        };
        parts.put_part(part.into()).await
    }

    async fn failed(&mut self, error: &object_store::Error) -> crate::error::Error {
        self.give_up().await;
        self.location.report(error, Doing::Writing)
    }

    async fn give_up(&mut self) {
        if let Some(mut parts) = self.parts.take() {
            // The first failure is the one worth reporting.
            let _ = parts.abort().await;
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some(mut parts) = self.parts.take() else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { parts.abort().await });
        }
    }
}
