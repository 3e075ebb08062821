/*!
The list of a run's inputs: one JSON line per file, compressed, named by the digest of its text.

A run over the same inputs names the same list, which is how `plan` sees that nothing is new.
*/

use std::io::Read;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::layout::Layout;
use crate::{
    error::{Error, Result, codes},
    storage::{Location, hexadecimal},
};

const COMPRESSION_LEVEL: i32 = 3;

/// One input file of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InputRecord {
    pub source: String,
    /// As the user would write it.
    pub path: String,
    pub bytes: u64,
    /// SHA-256 of a local file, the store's own mark of a remote one.
    pub content_id: String,
}

/// The list of a commit's inputs, by the digest that the commit names.
pub async fn read_inputs(location: &Location, digest: &str) -> Result<Vec<InputRecord>> {
    let place = Layout::new(location.clone()).inputs(digest);
    let compressed = place.get().await?;
    let unreadable = |why: String| {
        Error::failed(codes::COMMIT_UNREADABLE, format!("`{place}` cannot be read: {why}"))
    };
    let mut text = String::new();
    zstd::Decoder::new(compressed.as_ref())
        .and_then(|mut decoder| decoder.read_to_string(&mut text))
        .map_err(|error| unreadable(error.to_string()))?;
    let lines = text.lines().map(serde_json::from_str::<InputRecord>);
    lines.collect::<Result<_, _>>().map_err(|error| unreadable(error.to_string()))
}

/// The name that a commit would give a list, in whatever order its records come.
pub fn inputs_digest(records: &[InputRecord]) -> String {
    hexadecimal(Sha256::new_with_prefix(text(records)))
}

fn text(records: &[InputRecord]) -> String {
    let mut records: Vec<&InputRecord> = records.iter().collect();
    records.sort();
    let mut text = String::new();
    for record in records {
        text += &serde_json::to_string(record).expect("records hold only text and numbers");
        text.push('\n');
    }
    text
}

/// Stores the list and returns its digest. One that is there already has the same content.
pub(super) async fn write(layout: &Layout, records: &[InputRecord]) -> Result<String> {
    let digest = inputs_digest(records);
    let place = layout.inputs(&digest);
    if place.head().await?.is_none() {
        let compressed =
            zstd::encode_all(text(records).as_bytes(), COMPRESSION_LEVEL).map_err(|error| {
                Error::failed(codes::STORAGE_WRITE, format!("cannot compress `{place}`: {error}"))
            })?;
        place.put(compressed).await?;
    }
    Ok(digest)
}
