/*!
Executes a plan: order, parallelism, retries, progress, artifacts. Prints nothing.
*/

pub mod artifacts;
mod cache;
mod execute;
mod expectations;
mod guard;
pub mod explain;
pub mod history;
mod inputs;
mod job;
mod load;
pub mod manifest;
mod mart;
pub mod observer;
pub mod project;
mod promises;
pub mod query;
pub mod recovery;
mod schedule;

pub use job::{RunOptions, plan, run};
