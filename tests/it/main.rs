//! Integration tests: the program and the library as their users see them.

#![expect(clippy::print_stdout, reason = "a test says when it is skipped")]

mod cli;
mod config;
mod catalog;
mod storage;
mod publish;
mod sources;
mod infer;
mod functions;
mod functions_laws;
mod slt;
mod demo;
mod pipelines;
mod presets;
mod tidy;
mod sql_cases;
