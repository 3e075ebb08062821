/*!
Earlier runs of this work folder, and how to repeat one that failed.
*/

use std::path::PathBuf;

use super::{
    artifacts::{self, RunResults, RunStatus},
    job::RunOptions,
    project::{Project, ProjectOptions},
};
use crate::{
    config::params::DERIVED,
    error::{Error, Result, codes},
};

impl Project {
    /// What ran here before, newest first.
    pub fn runs(&self) -> Vec<RunResults> {
        let mut runs = artifacts::history(&self.work_dir());
        runs.retain(|run| run.pipeline == self.pipeline.name);
        runs
    }

    /// The newest run, if it failed or was stopped.
    pub fn failed_run(&self) -> Result<RunResults> {
        let newest = self.runs().into_iter().next();
        let Some(run) = newest else {
            return Err(Error::usage(codes::NO_RUN, "nothing has run here yet"));
        };
        match run.status {
            RunStatus::Error | RunStatus::Running => Ok(run),
            RunStatus::Success | RunStatus::NoOp => Err(Error::usage(
                codes::NO_RUN,
                format!("the newest run, {}, did not fail", run.run_id),
            )
            .hint("`journeymart run` starts a new one")),
        }
    }
}

/// The options that load a failed run's project as it was: same target, parameters and clock.
pub fn same_project(run: &RunResults, given: &ProjectOptions) -> ProjectOptions {
    ProjectOptions {
        pipeline: given.pipeline.clone().or_else(|| Some(PathBuf::from(&run.pipeline_file))),
        target: run.target.clone(),
        params: run
            .parameters
            .iter()
            // What follows from the YAML cannot be given.
            .filter(|(name, _)| !DERIVED.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        now: Some(run.started_at),
        ..given.clone()
    }
}

/// The options that repeat a failed run, and take what it had written already.
pub fn same_run(run: RunResults, options: RunOptions) -> RunOptions {
    RunOptions {
        select: run.select.clone(),
        exclude: run.exclude.clone(),
        written: run.staged,
        ..options
    }
}
