/*!
What a run tells whoever watches. `run` itself prints nothing.
*/

use crate::{error::Diagnostic, run::artifacts::NodeResult};

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
