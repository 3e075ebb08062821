//! The program as its users start it.

use std::{path::Path, process::Command};

/// Started in a folder, without anything of the environment of the tests.
pub(crate) fn program(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_journeymart"));
    command.current_dir(dir).env_clear();
    command
}
