//! A project of its own for each test, and what the program says about it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::program::program;

/// A project as `init` writes it, run once.
pub(crate) struct Project {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) marts: BTreeMap<PathBuf, Vec<u8>>,
}

pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn journeymart(dir: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let output = program(dir).envs(variables.iter().copied()).args(arguments).output().unwrap();
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Project {
    pub(crate) fn published() -> Self {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(journeymart(dir.path(), &["init", "."], &[]).code, Some(0));
        let first = journeymart(dir.path(), &["run"], &[]);
        assert_eq!(first.code, Some(0), "{}", first.stderr);
        let mut project = Self { dir, marts: BTreeMap::new() };
        project.marts = project.read_marts();
        assert!(project.marts.len() > 3);
        project
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        journeymart(self.dir.path(), arguments, &[])
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{file} does not hold {from}");
        fs::write(self.path(file), text.replacen(from, to, 1)).unwrap();
    }

    pub(crate) fn read_marts(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        fs::read_dir(self.path("out/marts"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "parquet"))
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect()
    }

    /// Runs, and expects an exit code, a message, and marts as they were.
    #[track_caller]
    pub(crate) fn refuses(&self, code: i32, message: &str) {
        let outcome = self.run(&["run"]);
        assert_eq!(outcome.code, Some(code), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(message), "{}", outcome.stderr);
        assert_eq!(outcome.stdout, "");
        assert!(self.read_marts() == self.marts, "published files changed");
    }
}
