/*!
What a run tells whoever watches. `run` itself prints nothing.
*/

use std::sync::Arc;

use super::artifacts::{Artifacts, NodeResult};
use crate::error::Diagnostic;

/// Told about every step; calls come from several threads.
pub trait Observer: Send + Sync {
    /// The run has a plan of so many steps.
    fn planned(&self, _steps: usize) {}

    fn started(&self, _name: &str) {}

    fn ended(&self, _result: &NodeResult) {}

    fn warned(&self, _warning: &Diagnostic) {}

    /// A sentence on what happens now.
    fn noted(&self, _message: &str) {}
}

/// Nobody watches.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Observer for Silent {}

/// Passes everything on, and keeps the warnings among the results of the run.
pub(super) struct Recorded {
    observer: Arc<dyn Observer>,
    artifacts: Arc<Artifacts>,
}

impl Recorded {
    pub(super) fn new(observer: Arc<dyn Observer>, artifacts: &Arc<Artifacts>) -> Self {
        Self { observer, artifacts: Arc::clone(artifacts) }
    }
}

impl Observer for Recorded {
    fn planned(&self, steps: usize) {
        self.observer.planned(steps);
    }

    fn started(&self, name: &str) {
        self.observer.started(name);
    }

    fn ended(&self, result: &NodeResult) {
        self.observer.ended(result);
    }

    fn warned(&self, warning: &Diagnostic) {
        // The run itself must not fail because its diary cannot be written; the last write, which a
        // run does wait for, reports it.
        drop(self.artifacts.update(|results| results.warnings.push(warning.to_string())));
        self.observer.warned(warning);
    }

    fn noted(&self, message: &str) {
        self.observer.noted(message);
    }
}
