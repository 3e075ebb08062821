/*!
Whose location this is, and whether its store can be trusted with commits.

The ownership record is also the probe: a second attempt to create it must be refused, and a listing
must show it. No other object is written to find this out.
*/

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{
    commit::{SCHEMA_VERSION, decode, encode},
    layout::{Layout, OWNER},
};
use crate::{
    error::{Error, Result, codes},
    storage::Location,
};

#[derive(Debug, Serialize, Deserialize)]
struct Owner {
    schema_version: u32,
    pipeline: String,
}

/// How files are created only if absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Creation {
    /// By the store, in one step.
    Conditional,
    /// By looking first: right as long as nobody else writes (`--single-writer`).
    SingleWriter,
}

impl Creation {
    /// Whether the file now holds `content` because of this call.
    pub(super) async fn create(self, place: &Location, content: Bytes) -> Result<bool> {
        match self {
            Self::Conditional => place.put_if_absent(content).await,
            Self::SingleWriter => {
                if place.head().await?.is_some() {
                    return Ok(false);
                }
                place.put(content).await?;
                Ok(true)
            }
        }
    }
}

/// Makes the location `pipeline`'s, or fails if it is another's or the store is unsafe.
pub(super) async fn claim(layout: &Layout, pipeline: &str, creation: Creation) -> Result<()> {
    let place = layout.owner();
    let owner = Owner { schema_version: SCHEMA_VERSION, pipeline: pipeline.into() };
    let content = Bytes::from(encode(&owner));
    let mut found = place.get_if_exists().await?;
    let mut is_new = false;
    if found.is_none() {
        is_new = creation.create(&place, content.clone()).await.map_err(with_way_out)?;
        if !is_new {
            found = Some(place.get().await?);
        }
    }
    if let Some(found) = found {
        let owner: Owner = decode(&place, &found)?;
        if owner.pipeline != pipeline {
            let message = format!(
                "location `{}` belongs to pipeline `{}`, not to `{pipeline}`",
                layout.root(),
                owner.pipeline
            );
            return Err(Error::usage(codes::OWNED, message)
                .hint("give each pipeline a `marts` location of its own"));
        }
    }
    if creation == Creation::SingleWriter {
        return Ok(());
    }
    let outcome = probe(layout, &place, content).await;
    if is_new && outcome.as_ref().is_err_and(is_unsafe) {
        // Refused: nothing of ours stays.
        let _ = place.delete().await;
    }
    outcome
}

/// `content` is what the file holds already, so a store that overwrites does no harm.
async fn probe(layout: &Layout, place: &Location, content: Bytes) -> Result<()> {
    if place.put_if_absent(content).await.map_err(with_way_out)? {
        let message = format!(
            "the store of `{}` overwrites a file that it was told to create only if absent",
            layout.root()
        );
        return Err(with_way_out(Error::usage(codes::UNSAFE_STORE, message)));
    }
    let (listed, _) = layout.records().children().await?;
    if !listed.iter().any(|entry| entry.name == OWNER) {
        let message = format!("the store of `{}` does not list the files it holds", layout.root());
        return Err(Error::usage(codes::UNSAFE_STORE, message)
            .hint("publish to a store whose listings are complete"));
    }
    Ok(())
}

fn is_unsafe(error: &Error) -> bool {
    error.diagnostics.iter().any(|found| found.code == codes::UNSAFE_STORE)
}

fn with_way_out(error: Error) -> Error {
    match is_unsafe(&error) {
        true => error.hint(
            "two runs could overwrite each other here; if only one at a time ever publishes, \
             pass `--single-writer`",
        ),
        false => error,
    }
}
