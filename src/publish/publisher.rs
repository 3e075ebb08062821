/*!
A run's hold on a marts location: stage, commit, finish; or roll back.
*/

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use chrono::{NaiveDate, SecondsFormat, Utc};
use datafusion::execution::SendableRecordBatchStream;
use serde_json::Value;
use uuid::Uuid;

use super::{
    commit::{Action, Commit, MartEntry, SCHEMA_VERSION, encode},
    failpoint,
    finish::{self, Finished},
    history,
    inputs::{self, InputRecord},
    layout::Layout,
    owner::{self, Creation},
    stage::{self, MartSpec, StagedMart},
};
use crate::{
    error::{Diagnostic, Error, Kind, Result, codes},
    storage::Location,
};

/// How often a commit is put again after an answer that left it absent.
const REPEATS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug, Clone, Copy)]
pub struct PublishOptions {
    /// A UUIDv7: its time tells a vacuum how old a version folder is.
    pub run_id: Uuid,
    /// The user promises that nobody else publishes here meanwhile, so the store need not be able
    /// to create a file only if absent.
    pub single_writer: bool,
}

/// What a run wants to be true.
#[derive(Debug, Default)]
pub struct CommitRequest {
    pub as_of_date: Option<NaiveDate>,
    pub parameters: BTreeMap<String, Value>,
    pub inputs: Vec<InputRecord>,
    /// Every mart that is to exist; those of the parent that are not named here are withdrawn.
    pub marts: BTreeMap<String, MartState>,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a run holds a few dozen")]
pub enum MartState {
    Staged(StagedMart),
    /// As the parent has it.
    Carried,
}

#[derive(Debug)]
pub struct Publisher {
    layout: Layout,
    pipeline: String,
    run_id: Uuid,
    creation: Creation,
    head: Option<Commit>,
    rolled_forward: Finished,
}

impl Publisher {
    /// Claims the location for the pipeline, makes sure of its store, and completes what an
    /// earlier command left unfinished.
    pub async fn open(location: Location, pipeline: &str, options: PublishOptions) -> Result<Self> {
        let layout = Layout::new(location);
        let creation = match options.single_writer {
            true => Creation::SingleWriter,
            false => Creation::Conditional,
        };
        owner::claim(&layout, pipeline, creation).await?;
        let (head, rolled_forward) = finish::finish(&layout).await?;
        let PublishOptions { run_id, .. } = options;
        Ok(Self { layout, pipeline: pipeline.into(), run_id, creation, head, rolled_forward })
    }

    /// The commit that this one will replace: the newest when the location was opened.
    pub fn head(&self) -> Option<&Commit> {
        self.head.as_ref()
    }

    /// What opening the location completed for an earlier command.
    pub fn rolled_forward(&self) -> &Finished {
        &self.rolled_forward
    }

    /// Fails if publishing one of `marts` would overwrite a file that is not ours.
    pub async fn check_free<'a>(&self, marts: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let Err(error) = finish::check_free(&self.layout, self.head(), marts).await else {
            return Ok(());
        };
        // It may be that of a run which published meanwhile: that run's commit came before its file.
        let known = self.head().map(|head| head.number);
        match history::numbers(&self.layout).await?.last() {
            Some(newest) if known.is_none_or(|known| known < *newest) => {
                Err(self.conflict(*newest))
            }
            _ => Err(error),
        }
    }

    /// Writes a mart's rows to where no reader looks, encoded by as many threads. Several marts may
    /// be staged at once.
    pub async fn stage(
        &self,
        spec: MartSpec,
        rows: SendableRecordBatchStream,
        threads: usize,
    ) -> Result<StagedMart> {
        stage::stage(&self.layout, self.run_id, spec, rows, threads).await
    }

    /// A mart that an earlier run staged here and did not commit.
    pub fn written(&self, name: &str, entry: MartEntry) -> StagedMart {
        let path = entry.files.first().map_or("", |file| file.path.as_str());
        StagedMart { name: name.to_owned(), location: self.layout.file(path), entry }
    }

    /// Makes the requested marts the truth, all at once.
    ///
    /// [`Kind::Conflict`]: another run was first. [`Kind::Retryable`]: the store did not say.
    pub async fn commit(&mut self, request: CommitRequest) -> Result<&Commit> {
        self.check_free(request.marts.keys().map(String::as_str)).await?;
        let mut marts = BTreeMap::new();
        for (name, state) in request.marts {
            let entry = match state {
                MartState::Staged(staged) => staged.entry,
                MartState::Carried => self.carried(&name)?,
            };
            marts.insert(name, entry);
        }
        let inputs = inputs::write(&self.layout, &request.inputs).await?;
        self.put(Commit {
            as_of_date: request.as_of_date.map(|date| date.to_string()),
            parameters: request.parameters,
            inputs: Some(inputs),
            marts,
            ..self.next(Action::Run, self.run_id)
        })
        .await
    }

    fn carried(&self, mart: &str) -> Result<MartEntry> {
        if self.rolled_forward.damaged.iter().any(|damaged| damaged == mart) {
            let message = format!("the published file of mart `{mart}` is damaged or missing");
            return Err(Error::usage(codes::COMMIT_UNREADABLE, message)
                .hint("select it too, or run without `--select`"));
        }
        let entry = self.head().and_then(|head| head.marts.get(mart)).cloned();
        entry.ok_or_else(|| {
            let message = format!("mart `{mart}` is not published yet and this run leaves it out");
            Error::usage(codes::NO_COMMIT, message).hint("select it too, or run without `--select`")
        })
    }

    /// Brings the stable files up to the newest commit.
    pub async fn finish(&mut self) -> Result<Finished> {
        let (head, finished) = finish::finish(&self.layout).await?;
        self.head = head;
        Ok(finished)
    }

    /// Publishes the files of an earlier commit again, as a new commit.
    pub async fn rollback(&mut self, to: u64) -> Result<&Commit> {
        let Some(head) = self.head() else {
            let message = format!("nothing has been published to `{}` yet", self.layout.root());
            return Err(Error::usage(codes::NO_COMMIT, message));
        };
        let newest = head.number;
        let numbers = history::numbers(&self.layout).await?;
        if to >= newest {
            let message = format!("commit {to} is not older than the newest, {newest}");
            let earlier = numbers.iter().filter(|number| **number < newest);
            let earlier: Vec<String> = earlier.map(u64::to_string).collect();
            let error = Error::usage(codes::NO_COMMIT, message);
            return Err(match earlier.is_empty() {
                true => error.hint("there is no earlier one"),
                false => error.hint(format!("earlier ones are {}", earlier.join(", "))),
            });
        }
        let later = numbers.into_iter().filter(|number| *number > to && *number <= newest);
        let later = history::commits(&self.layout, later.collect()).await?;
        let target = history::commit(&self.layout, to).await?;
        let is_gone = |commit: &&Commit| {
            commit.vacuumed.iter().any(|run| target.runs().contains(run.as_str()))
        };
        if let Some(vacuum) = later.iter().find(is_gone) {
            let message = format!("the files of commit {to} were vacuumed by {}", vacuum.number);
            return Err(Error::usage(codes::NO_COMMIT, message));
        }
        self.check_complete(&target).await?;
        self.put(Commit {
            restores: Some(to),
            as_of_date: target.as_of_date,
            parameters: target.parameters,
            inputs: target.inputs,
            marts: target.marts,
            ..self.next(Action::Rollback, Uuid::now_v7())
        })
        .await
    }

    async fn check_complete(&self, commit: &Commit) -> Result<()> {
        for file in commit.marts.values().flat_map(|mart| &mart.files) {
            let place = self.layout.file(&file.path);
            let found = place.head().await?;
            if found.is_none_or(|found| found.size != file.bytes) {
                let message = format!("commit {} lacks its file `{place}`", commit.number);
                return Err(Error::usage(codes::NO_COMMIT, message));
            }
        }
        Ok(())
    }

    /// The record of the next commit, as yet without content.
    pub(super) fn next(&self, action: Action, run_id: Uuid) -> Commit {
        let parent = self.head().map(|head| head.number);
        Commit {
            schema_version: SCHEMA_VERSION,
            number: parent.unwrap_or(0) + 1,
            parent,
            action,
            restores: None,
            run_id: run_id.to_string(),
            created_at: Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true),
            pipeline: self.pipeline.clone(),
            as_of_date: None,
            parameters: BTreeMap::new(),
            inputs: None,
            marts: BTreeMap::new(),
            vacuumed: Vec::new(),
        }
    }

    /// The commit point: one conditional put, and on any answer but success a look at what stands.
    pub(super) async fn put(&mut self, commit: Commit) -> Result<&Commit> {
        let place = self.layout.commit(commit.number);
        let content = Bytes::from(encode(&commit));
        failpoint::reach(failpoint::BEFORE_COMMIT).await;
        let mut answer = self.creation.create(&place, content.clone()).await;
        for repeat in 0..=REPEATS {
            let won = match answer {
                Ok(true) => true,
                _ => match place.get_if_exists().await {
                    Ok(Some(found)) if found == content => true,
                    Ok(Some(_)) => return Err(self.conflict(commit.number)),
                    Ok(None) | Err(_) => false,
                },
            };
            if won {
                failpoint::reach(failpoint::AFTER_COMMIT).await;
                return Ok(self.head.insert(commit));
            }
            if repeat < REPEATS {
                tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(repeat)).await;
                answer = self.creation.create(&place, content.clone()).await;
            }
        }
        Err(uncertain(&commit, answer.err()))
    }

    fn conflict(&self, number: u64) -> Error {
        let message = format!(
            "another run published commit {number} to `{}` first; nothing of this one became visible",
            self.layout.root()
        );
        let diagnostic = Diagnostic::error(codes::CONFLICT, message);
        Error::new(Kind::Conflict, diagnostic.hint("run again to publish on top of it"))
    }

    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }
}

fn uncertain(commit: &Commit, last: Option<Error>) -> Error {
    match last {
        // The store refuses, and will refuse again.
        Some(error) if error.kind == Kind::Usage => error,
        last => {
            let why = last.map(|error| format!(": {error}")).unwrap_or_default();
            let message = format!("commit {} could not be written{why}", commit.number);
            let diagnostic = Diagnostic::error(codes::COMMIT_UNCERTAIN, message)
                .hint("run again: it completes the commit if it was written after all");
            Error::new(Kind::Retryable, diagnostic)
        }
    }
}
