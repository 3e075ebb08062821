/*!
Executes a plan: order, parallelism, retries, progress, artifacts. Prints nothing.
*/

pub mod artifacts;
mod cache;
pub mod observer;
pub mod project;
mod schedule;
