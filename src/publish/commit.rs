/*!
The commit record: everything that one publication made true, in one JSON file.

The format is a contract with every later version of this program and with whoever reads the files
directly. Additions keep `schema_version`, readers ignore keys they do not know; anything that an
older reader would misunderstand raises it.
*/

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::layout;
use crate::{
    error::{Error, Result, codes},
    storage::Location,
};

pub(super) const SCHEMA_VERSION: u32 = 1;

/// One publication. Times are UTC in RFC 3339, dates ISO 8601.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    pub schema_version: u32,
    pub number: u64,
    /// The commit that this one replaced.
    pub parent: Option<u64>,
    pub action: Action,
    /// The commit whose files a rollback restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<u64>,
    /// The run that made the commit, a UUIDv7. Unique to it, also for a rollback or vacuum.
    pub run_id: String,
    pub created_at: String,
    pub pipeline: String,
    pub as_of_date: Option<String>,
    pub parameters: BTreeMap<String, Value>,
    /// SHA-256 of the list of inputs, which names its file.
    pub inputs: Option<String>,
    /// Every mart, whether this run wrote it or carried it over.
    pub marts: BTreeMap<String, MartEntry>,
    /// The runs whose files a vacuum removed: no later commit can go back to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vacuumed: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Run,
    Rollback,
    Vacuum,
}

/// One mart of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MartEntry {
    pub layout: MartLayout,
    pub rows: u64,
    pub bytes: u64,
    /// What the content was computed from (`plan/`): equal fingerprints mean equal content.
    pub fingerprint: String,
    pub grain: Vec<String>,
    pub sorted_by: Vec<String>,
    pub files: Vec<FileEntry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MartLayout {
    /// One Parquet file, also found under its stable path.
    File,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Below `_journeymart/`.
    pub path: String,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

impl Commit {
    /// The runs whose version folders hold this commit's files.
    pub(super) fn runs(&self) -> BTreeSet<&str> {
        let files = self.marts.values().flat_map(|mart| &mart.files);
        files.filter_map(|file| layout::run_of(&file.path)).collect()
    }
}

/// The bytes of a record. Equal records have equal bytes.
pub(super) fn encode(record: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(record).expect("records hold only text and numbers");
    text.push(b'\n');
    text
}

/// Reads a record, or says that it is damaged or too new.
pub(super) fn decode<T: DeserializeOwned>(place: &Location, bytes: &[u8]) -> Result<T> {
    #[derive(Deserialize)]
    struct Versioned {
        schema_version: u32,
    }

    let unreadable = |why: &str| {
        Error::failed(codes::COMMIT_UNREADABLE, format!("record `{place}` cannot be read: {why}"))
    };
    let version: Versioned =
        serde_json::from_slice(bytes).map_err(|error| unreadable(&error.to_string()))?;
    if version.schema_version > SCHEMA_VERSION {
        return Err(unreadable("it was written by a newer version of journeymart")
            .hint("upgrade journeymart; nothing was changed"));
    }
    serde_json::from_slice(bytes).map_err(|error| unreadable(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Storage;

    /// A record as version 0.1 wrote it. It must stay readable for ever.
    const VERSION_1: &str = include_str!("commit_v1.json");

    fn place() -> Location {
        Storage::new(".").location("memory://marts/commits/1.json").unwrap()
    }

    #[test]
    fn the_first_format_stays_readable_and_is_written_back_unchanged() {
        let commit: Commit = decode(&place(), VERSION_1.as_bytes()).unwrap();
        assert_eq!(commit.runs(), BTreeSet::from(["0197a1f0-5c00-7000-8000-000000000001"]));
        assert_eq!(String::from_utf8(encode(&commit)).unwrap(), VERSION_1);
    }

    #[test]
    fn unknown_keys_are_ignored_and_newer_versions_refused() {
        let later = VERSION_1.replacen('{', "{\n  \"colour\": \"blue\",", 1);
        assert!(decode::<Commit>(&place(), later.as_bytes()).is_ok());

        let newer = VERSION_1.replace("\"schema_version\": 1", "\"schema_version\": 2");
        let error = decode::<Commit>(&place(), newer.as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "record `memory://marts/commits/1.json` cannot be read: it was written by a newer \
             version of journeymart (hint: upgrade journeymart; nothing was changed)"
        );
        let error = decode::<Commit>(&place(), b"{\"schema_version\": 1}").unwrap_err();
        assert_eq!(error.diagnostics[0].code, codes::COMMIT_UNREADABLE);
    }
}
