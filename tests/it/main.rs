//! Integration tests: the program and the library as their users see them.

#![expect(clippy::print_stdout, reason = "a test says when it is skipped")]

mod program;
mod project;
mod cli;
mod commands;
mod stops;
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
mod worlds;
mod requirements;
mod reference;
mod privacy;
mod tidy;
mod twelve_rows;
mod value_models;
mod sql_cases;
