/*!
Which of the files that a pattern matches are the source's: those that it does not exclude, that are
complete, and that belong to the latest snapshot.
*/

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    config::source::Source,
    error::{Diagnostic, Error, Result, codes},
    storage::{Found, FoundFile, Glob, Storage},
};

/// Questions to a store that may be open at once.
const REQUESTS: usize = 16;

/// What was left of the files that were found, and what has to be said of the others.
pub(crate) async fn select(
    source: &Source,
    found: &mut Found,
    storage: &Storage,
) -> Result<Vec<Diagnostic>> {
    exclude(source, found)?;
    let Some(marker) = &source.ready else {
        latest_snapshot(source, found);
        return Ok(Vec::new());
    };
    let unready = match marker.contains("{date:") {
        true => by_period(marker, found, storage).await?,
        false => by_folder(marker, found, storage).await?,
    };
    latest_snapshot(source, found);
    Ok(unready
        .into_iter()
        .map(|(place, files)| {
            let files = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
            let message =
                format!("{files} of source `{}` in `{place}` are not loaded", source.name);
            Diagnostic::warning(codes::NOT_READY, message)
                .hint(format!("the marker `{marker}` is not there; the export may not be complete"))
        })
        .collect())
}

/// Takes out what the source excludes, and what lies beside its files and is excluded too.
fn exclude(source: &Source, found: &mut Found) -> Result<()> {
    let glob = |text: &String| {
        Glob::parse(text).map_err(|why| {
            let message = format!("`exclude` of source `{}`: `{text}`: {why}", source.name);
            Error::usage(codes::INVALID_VALUE, message)
        })
    };
    let globs = source.exclude.iter().map(glob).collect::<Result<Vec<_>>>()?;
    let stays = |path: &str| !globs.iter().any(|glob| glob.matches(path));
    found.files.retain(|file| stays(&file.path));
    found.unmatched.retain(|path| stays(path));
    Ok(())
}

/// Each export of a snapshot holds everything, so that the newest one is all there is.
fn latest_snapshot(source: &Source, found: &mut Found) {
    if source.snapshot {
        let newest = found.files.iter().map(|file| file.period).max().flatten();
        found.files.retain(|file| file.period == newest);
    }
}

/// Keeps the files beside which the marker lies; returns the folders that lack it, with the number
/// of their files.
async fn by_folder(
    marker: &str,
    found: &mut Found,
    storage: &Storage,
) -> Result<BTreeMap<String, usize>> {
    let places: BTreeSet<String> =
        found.files.iter().map(|file| beside(&file.path, marker)).collect();
    let markers: Vec<(String, bool)> = stream::iter(places)
        .map(|place| async move {
            let there = storage.location(&place)?.head().await?.is_some();
            Ok::<_, Error>((place, there))
        })
        .buffer_unordered(REQUESTS)
        .try_collect()
        .await?;
    let there: BTreeSet<&str> =
        markers.iter().filter(|(_, there)| *there).map(|(place, _)| place.as_str()).collect();
    // A marker that the pattern matches too is no export.
    found.files.retain(|file| !markers.iter().any(|(place, _)| *place == file.path));
    found.unmatched.retain(|path| !there.contains(path.as_str()));
    Ok(split(
        found,
        |file| there.contains(beside(&file.path, marker).as_str()),
        |file| folder(&file.path).to_owned(),
    ))
}

/// Keeps the files of the periods that a marker names.
async fn by_period(
    pattern: &str,
    found: &mut Found,
    storage: &Storage,
) -> Result<BTreeMap<String, usize>> {
    let markers = storage.find(pattern).await?.files;
    let ready: BTreeSet<Option<NaiveDateTime>> =
        markers.iter().map(|marker| marker.period).collect();
    let is_marker = |path: &str| markers.iter().any(|marker| marker.path == path);
    found.files.retain(|file| !is_marker(&file.path));
    found.unmatched.retain(|path| !is_marker(path));
    Ok(split(found, |file| ready.contains(&file.period), |file| folder(&file.path).to_owned()))
}

/// Takes the files out that are not ready, and counts them by place.
fn split(
    found: &mut Found,
    is_ready: impl Fn(&FoundFile) -> bool,
    place: impl Fn(&FoundFile) -> String,
) -> BTreeMap<String, usize> {
    let mut unready = BTreeMap::new();
    found.files.retain(|file| {
        let ready = is_ready(file);
        if !ready {
            *unready.entry(place(file)).or_default() += 1;
        }
        ready
    });
    unready
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The marker's path, seen from the folder of a file: `../x` lies above it.
fn beside(path: &str, marker: &str) -> String {
    let mut place = folder(path);
    let mut below = marker;
    while let Some(above) = below.strip_prefix("../") {
        below = above;
        place = folder(place);
    }
    if place.is_empty() { below.to_owned() } else { format!("{place}/{below}") }
}
