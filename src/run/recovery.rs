/*!
Going back to an earlier commit, and removing what no commit needs any more.
*/

use std::time::Duration;

use chrono::Utc;
use uuid::Uuid;

use super::project::Project;
use crate::{
    error::{Error, Result, codes},
    publish::{Commit, PublishOptions, Publisher, RemovedVersion, VacuumOptions},
};

impl Project {
    /// Opens the marts location for writing, and completes what an earlier command left undone.
    pub(crate) async fn publisher(&self, run_id: Uuid, single_writer: bool) -> Result<Publisher> {
        let location = self.storage.location(&self.pipeline.locations["marts"])?;
        let options = PublishOptions { run_id, single_writer };
        Publisher::open(location, &self.pipeline.name, options).await
    }
}

/// Publishes an earlier commit's files again, by default those before the newest commit.
pub async fn rollback(
    project: &Project,
    to: Option<u64>,
    single_writer: bool,
) -> Result<(u64, Commit)> {
    let mut publisher = project.publisher(Uuid::now_v7(), single_writer).await?;
    let to = match (to, publisher.head().and_then(|head| head.parent)) {
        (Some(to), _) | (None, Some(to)) => to,
        (None, None) => {
            return Err(Error::usage(codes::NO_COMMIT, "there is no earlier commit to go back to"));
        }
    };
    let commit = publisher.rollback(to).await?.clone();
    publisher.finish().await?;
    Ok((to, commit))
}

/// Removes version folders that none of the `keep` newest commits names.
pub async fn vacuum(
    project: &Project,
    keep: usize,
    min_age: Duration,
    dry_run: bool,
    single_writer: bool,
) -> Result<Vec<RemovedVersion>> {
    let mut publisher = project.publisher(Uuid::now_v7(), single_writer).await?;
    publisher.vacuum(VacuumOptions { keep, min_age, now: Utc::now(), dry_run }).await
}
