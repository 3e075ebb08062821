/*!
Removing the files of old commits and of runs that never committed.

A vacuum is itself a commit that names what it removes. So a rollback to one of these versions either
is committed first, and the vacuum fails, or comes later and sees that they are gone.
*/

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{
    commit::{Action, Commit},
    history,
    publisher::Publisher,
};
use crate::error::{Error, Result, codes};

#[derive(Debug, Clone, Copy)]
pub struct VacuumOptions {
    /// The newest so many commits stay complete; at least one.
    pub keep: usize,
    /// Versions of runs that started later stay: such a run may be about to commit.
    pub min_age: Duration,
    pub now: DateTime<Utc>,
    /// Only say what would be removed.
    pub dry_run: bool,
}

/// The version folder of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemovedVersion {
    pub run_id: String,
    pub files: usize,
    pub bytes: u64,
}

impl Publisher {
    /// Removes version folders that none of the kept commits names and that are old enough.
    pub async fn vacuum(&mut self, options: VacuumOptions) -> Result<Vec<RemovedVersion>> {
        if options.keep == 0 {
            return Err(Error::usage(codes::INVALID_VALUE, "`--keep` must be at least 1"));
        }
        let kept = self.kept(options.keep).await?;
        let kept: BTreeSet<&str> = kept.iter().flat_map(Commit::runs).collect();
        let versions = self.layout().versions();
        let (_, runs) = versions.children().await?;
        let mut removed = Vec::new();
        if !options.dry_run {
            self.sweep(options)?;
        }
        for run_id in runs {
            if !kept.contains(run_id.as_str()) && is_older(&run_id, options) {
                let files = versions.join(&run_id).list().await?;
                let bytes = files.iter().map(|file| file.size).sum();
                removed.push(RemovedVersion { run_id, files: files.len(), bytes });
            }
        }
        if options.dry_run || removed.is_empty() {
            return Ok(removed);
        }
        if let Some(head) = self.head().cloned() {
            let vacuumed = removed.iter().map(|version| version.run_id.clone()).collect();
            self.put(Commit {
                as_of_date: head.as_of_date,
                parameters: head.parameters,
                inputs: head.inputs,
                marts: head.marts,
                vacuumed,
                ..self.next(Action::Vacuum, Uuid::now_v7())
            })
            .await?;
        }
        for version in &removed {
            versions.join(&version.run_id).delete_folder().await?;
        }
        Ok(removed)
    }

    /// Temporary files of killed commands. Beside the stable files only, since what lies in other
    /// folders there is the user's.
    fn sweep(&self, options: VacuumOptions) -> Result<()> {
        let limit = SystemTime::from(options.now) - options.min_age;
        self.layout().root().sweep(limit, false)?;
        self.layout().records().sweep(limit, true)
    }

    /// The newest commit and as many as are to be kept, not counting other vacuums.
    async fn kept(&self, keep: usize) -> Result<Vec<Commit>> {
        let mut kept: Vec<Commit> = self.head().cloned().into_iter().collect();
        let mut counted = 0;
        for number in history::numbers(self.layout()).await?.into_iter().rev() {
            if counted == keep {
                break;
            }
            let commit = history::commit(self.layout(), number).await?;
            counted += usize::from(commit.action != Action::Vacuum);
            kept.push(commit);
        }
        Ok(kept)
    }
}

/// Whether the run began long enough ago. What is no run's folder is left alone.
fn is_older(run_id: &str, options: VacuumOptions) -> bool {
    let timestamp = Uuid::parse_str(run_id).ok().and_then(|run_id| run_id.get_timestamp());
    let Some((seconds, _)) = timestamp.map(|timestamp| timestamp.to_unix()) else { return false };
    let age = options.now.timestamp().saturating_sub_unsigned(seconds);
    u64::try_from(age).is_ok_and(|age| age >= options.min_age.as_secs())
}
