/*!
Bringing the stable files up to the newest commit, from wherever an earlier run left them.

Each mart's record says which file its stable path holds and which mark the store gave that object.
A stable file that is missing, of another commit, or was written by a slower run after its record
has another mark or size, and is replaced.
*/

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    commit::{Commit, FileEntry, SCHEMA_VERSION, decode, encode},
    failpoint, history,
    layout::{Layout, stable_name},
};
use crate::{
    error::{Error, Result, codes},
    storage::{Entry, Location, hexadecimal, sha256},
};

/// Remote files up to this size are read and put: as many requests as a copy, but the answer carries
/// the mark of these bytes. Of larger ones the size tells two
/// versions apart.
const PUT_LIMIT: u64 = 16 * 1024 * 1024;

/// What was done to the stable files, to be told to the user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Finished {
    /// Marts whose stable file was replaced.
    pub updated: Vec<String>,
    /// Marts that are no longer published, whose stable file was removed.
    pub removed: Vec<String>,
    /// Marts whose version file is missing or not what was committed. Their stable file stays as it
    /// is; a run that writes them anew or a rollback repairs it.
    pub damaged: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Current {
    schema_version: u32,
    /// The commit that brought the file here.
    commit: u64,
    /// The version file that the stable file is a copy of.
    path: String,
    bytes: u64,
    sha256: String,
    /// The store's mark of the stable object.
    version: Option<String>,
}

/// Repeats until the newest commit did not move meanwhile; returns it.
pub(super) async fn finish(layout: &Layout) -> Result<(Option<Commit>, Finished)> {
    let mut finished = Finished::default();
    let mut head = history::newest(layout).await?;
    loop {
        let Some(commit) = &head else { return Ok((None, finished)) };
        follow(layout, commit, &mut finished).await.map_err(|error| {
            let way_out = "the next run, rollback or vacuum goes on from here";
            error.hint(format!("commit {} is published; {way_out}", commit.number))
        })?;
        if history::numbers(layout).await?.last() == Some(&commit.number) {
            return Ok((head, finished));
        }
        head = history::newest(layout).await?;
    }
}

async fn follow(layout: &Layout, commit: &Commit, finished: &mut Finished) -> Result<()> {
    let currents = currents(layout).await?;
    let (listed, _) = layout.root().children().await?;
    let stable: BTreeMap<String, Entry> =
        listed.into_iter().map(|entry| (entry.name.clone(), entry)).collect();

    for (mart, entry) in &commit.marts {
        let [file] = entry.files.as_slice() else {
            let message = format!(
                "commit {} names {} files for mart `{mart}`; a stable path holds one",
                commit.number,
                entry.files.len()
            );
            return Err(Error::failed(codes::COMMIT_UNREADABLE, message));
        };
        let found = stable.get(&stable_name(mart));
        match state(currents.get(mart), found, file)? {
            State::Current => continue,
            State::SameContent(version) => {
                record(layout, commit, mart, file, version).await?;
            }
            State::Behind => match replace(layout, mart, file).await {
                Ok(version) => {
                    failpoint::reach(failpoint::BEFORE_CURRENT).await;
                    record(layout, commit, mart, file, version).await?;
                    note(&mut finished.updated, mart);
                }
                Err(Fault::Damaged) => note(&mut finished.damaged, mart),
                Err(Fault::Store(error)) => return Err(error),
            },
        }
        failpoint::reach(failpoint::BETWEEN_STABLE_FILES).await;
    }
    for mart in currents.keys().filter(|mart| !commit.marts.contains_key(*mart)) {
        layout.stable(mart).delete().await?;
        layout.current(mart).delete().await?;
        note(&mut finished.removed, mart);
    }
    Ok(())
}

/// A head that moves meanwhile is followed again, and a mart told of once.
fn note(marts: &mut Vec<String>, mart: &str) {
    if !marts.iter().any(|known| known == mart) {
        marts.push(mart.to_owned());
    }
}

enum State {
    Current,
    /// The right bytes, but touched or moved since: only the record is renewed.
    SameContent(Option<String>),
    Behind,
}

fn state(current: Option<&Current>, stable: Option<&Entry>, file: &FileEntry) -> Result<State> {
    let Some(stable) = stable.filter(|stable| stable.size == file.bytes) else {
        return Ok(State::Behind);
    };
    let is_recorded = current.is_some_and(|current| {
        current.sha256 == file.sha256
            && current.bytes == file.bytes
            && current.version == stable.version
    });
    if is_recorded {
        return Ok(State::Current);
    }
    // On this machine reading is cheaper than writing, and a moved project stays as it is.
    if stable.location.local_path().is_some() && digest(&stable.location)? == file.sha256 {
        return Ok(State::SameContent(stable.version.clone()));
    }
    Ok(State::Behind)
}

fn digest(location: &Location) -> Result<String> {
    sha256(&mut location.open()?).map_err(|error| location.explain(error))
}

enum Fault {
    Damaged,
    Store(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

/// Replaces the stable file in one step and returns the mark that the store gave it.
///
/// The mark must be that of these very bytes: a slower run may replace the file at any moment, and
/// if it then dies, its file must not pass for this one.
async fn replace(layout: &Layout, mart: &str, file: &FileEntry) -> Result<Option<String>, Fault> {
    let (source, stable) = (layout.file(&file.path), layout.stable(mart));
    let is_local = stable.local_path().is_some();
    if file.bytes <= PUT_LIMIT && !is_local {
        let content = source.get_if_exists().await?.ok_or(Fault::Damaged)?;
        if hexadecimal(Sha256::new_with_prefix(&content)) != file.sha256 {
            return Err(Fault::Damaged);
        }
        return Ok(stable.put(content).await?);
    }
    if source.head().await?.is_none_or(|found| found.size != file.bytes)
        || is_local && digest(&source)? != file.sha256
    {
        return Err(Fault::Damaged);
    }
    stable.copy_from(&source, file.bytes).await?;
    let copied = stable.head().await?.filter(|copied| copied.size == file.bytes);
    // Another run may have replaced it since; without a mark the next look decides.
    let is_ours = !is_local || digest(&stable)? == file.sha256;
    Ok(copied.filter(|_| is_ours).and_then(|copied| copied.version))
}

async fn record(
    layout: &Layout,
    commit: &Commit,
    mart: &str,
    file: &FileEntry,
    version: Option<String>,
) -> Result<()> {
    let current = Current {
        schema_version: SCHEMA_VERSION,
        commit: commit.number,
        path: file.path.clone(),
        bytes: file.bytes,
        sha256: file.sha256.clone(),
        version,
    };
    layout.current(mart).put(encode(&current)).await?;
    Ok(())
}

/// The marts that stable files were written for. Whatever else lies beside them is the user's.
async fn currents(layout: &Layout) -> Result<BTreeMap<String, Current>> {
    let (listed, _) = layout.currents().children().await?;
    let reads = stream::iter(listed).map(async |entry| -> Result<_> {
        let Some(mart) = entry.name.strip_suffix(".json") else { return Ok(None) };
        // Another run may be removing it.
        let Some(bytes) = entry.location.get_if_exists().await? else { return Ok(None) };
        Ok(Some((mart.to_owned(), decode(&entry.location, &bytes)?)))
    });
    let found: Vec<_> = reads.buffered(16).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// Fails if a stable path that is about to be published holds a file that is not ours.
pub(super) async fn check_free(
    layout: &Layout,
    head: Option<&Commit>,
    marts: impl IntoIterator<Item = &str>,
) -> Result<()> {
    let is_published = |mart: &str| head.is_some_and(|head| head.marts.contains_key(mart));
    let new: Vec<&str> = marts.into_iter().filter(|mart| !is_published(mart)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let currents = currents(layout).await?;
    let (listed, _) = layout.root().children().await?;
    for mart in new {
        let name = stable_name(mart);
        if !currents.contains_key(mart) && listed.iter().any(|entry| entry.name == name) {
            let message =
                format!("`{}` exists and was not published by journeymart", layout.stable(mart));
            return Err(Error::usage(codes::EXISTS, message)
                .hint("move it away, or publish to an empty location"));
        }
    }
    Ok(())
}
