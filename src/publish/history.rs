/*!
Reading what was published: the newest commit, an earlier one, all of them.
*/

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};

use super::{
    commit::{Commit, decode},
    layout::{self, Layout},
};
use crate::{
    error::{Error, Result, codes},
    storage::Location,
};

/// Records that are fetched at once.
const CONCURRENT_READS: usize = 16;

/// What readers see at one moment: the newest commit and the files it names.
#[derive(Debug, Clone)]
pub struct Published {
    pub commit: Commit,
    /// The files of each mart. They stay as they are until a vacuum, whatever is published next.
    pub marts: BTreeMap<String, Vec<Location>>,
}

/// The newest publication, or nothing where there is none yet.
pub async fn read(location: &Location) -> Result<Option<Published>> {
    let layout = Layout::new(location.clone());
    let Some(commit) = newest(&layout).await? else { return Ok(None) };
    let files = commit.marts.iter().map(|(name, mart)| {
        let files = mart.files.iter().map(|file| layout.file(&file.path));
        (name.clone(), files.collect())
    });
    Ok(Some(Published { marts: files.collect(), commit }))
}

/// Every commit, oldest first.
pub async fn history(location: &Location) -> Result<Vec<Commit>> {
    let layout = Layout::new(location.clone());
    let numbers = numbers(&layout).await?;
    commits(&layout, numbers).await
}

pub(super) async fn newest(layout: &Layout) -> Result<Option<Commit>> {
    match numbers(layout).await?.last() {
        Some(number) => Ok(Some(commit(layout, *number).await?)),
        None => Ok(None),
    }
}

pub(super) async fn commit(layout: &Layout, number: u64) -> Result<Commit> {
    let place = layout.commit(number);
    let Some(bytes) = place.get_if_exists().await? else {
        let message = format!("there is no commit {number} in `{}`", layout.root());
        return Err(
            Error::usage(codes::NO_COMMIT, message).hint("`journeymart runs` lists the commits")
        );
    };
    decode(&place, &bytes)
}

pub(super) async fn commits(layout: &Layout, numbers: Vec<u64>) -> Result<Vec<Commit>> {
    let reads = stream::iter(numbers).map(|number| commit(layout, number));
    reads.buffered(CONCURRENT_READS).try_collect().await
}

/// The numbers of all commits, ascending.
pub(super) async fn numbers(layout: &Layout) -> Result<Vec<u64>> {
    let (listed, _) = layout.commits().children().await?;
    Ok(listed.iter().filter_map(|entry| layout::commit_number(&entry.name)).collect())
}
