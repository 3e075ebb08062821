/*!
What a run leaves behind for schedulers and people: `run_results.json` and `events.ndjson`, whole
after every node, on failure and on signals too.
*/

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result, codes},
    fingerprint::Fingerprint,
    publish::MartEntry,
    sources::Drifted,
};

const EVENTS: &str = "events.ndjson";

/// Version of the files' layout: minor changes only add keys.
pub const SCHEMA_VERSION: u32 = 1;

/// `run_results.json`: what a run did.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunResults {
    pub schema_version: u32,
    pub run_id: String,
    pub pipeline: String,
    /// The pipeline file, relative to the project.
    pub pipeline_file: String,
    pub target: Option<String>,
    /// Every parameter as it was bound; `retry` uses the same.
    pub parameters: IndexMap<String, String>,
    pub select: Vec<String>,
    pub exclude: Vec<String>,
    pub status: RunStatus,
    /// Why the run ended as it did, where it did not succeed.
    pub exit_reason: Option<String>,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// Number of the commit that made the run visible, or that already showed the same.
    pub commit: Option<u64>,
    pub sources: Vec<SourceResult>,
    pub nodes: Vec<NodeResult>,
    pub marts: Vec<MartResult>,
    /// Marts that are written and sound but not visible: what `retry` need not do again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub staged: Vec<WrittenMart>,
    pub checks: Vec<CheckResult>,
    pub warnings: Vec<String>,
    /// Highest resident memory of the process, in bytes, where the system tells.
    pub peak_resident_bytes: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    Running,
    Success,
    /// Everything published already showed these inputs.
    NoOp,
    Error,
}

/// The books of one source, in rows: read = loaded + quarantined + filtered + superseded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceResult {
    pub source: String,
    pub files: u64,
    pub rows_read: u64,
    pub rows_loaded: u64,
    pub rows_quarantined: u64,
    pub rows_filtered: u64,
    pub rows_superseded: u64,
    pub cells_nulled: u64,
    /// What further header rows say of the columns, such as the questions of a survey.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub labels: IndexMap<String, Vec<String>>,
    /// Empty cells by column, in the rows that were not quarantined.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub nulls: IndexMap<String, u64>,
    /// The newest moment in the column that `freshness` is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_at: Option<DateTime<Utc>>,
    /// How the columns of the files differ: from those that are declared, and from file to file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Drifted>,
    /// Columns of the files that the source does not declare, with the first file of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undeclared: Option<BTreeMap<String, String>>,
    /// What the source promises, held against the clock and earlier runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<ExpectationResult>,
}

/// One promise of a source: `freshness`, `files_per_day`, `row_change` or `null_change`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectationResult {
    pub check: String,
    pub status: CheckStatus,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeResult {
    pub name: String,
    pub status: NodeStatus,
    pub fingerprint: String,
    pub rows: Option<u64>,
    pub bytes: Option<u64>,
    pub seconds: Option<f64>,
    pub message: Option<String>,
}

impl NodeResult {
    /// A node that has not started.
    pub(crate) fn pending(name: &str, fingerprint: &Fingerprint) -> Self {
        Self {
            name: name.to_owned(),
            status: NodeStatus::Pending,
            fingerprint: fingerprint.to_string(),
            rows: None,
            bytes: None,
            seconds: None,
            message: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeStatus {
    Pending,
    Running,
    Success,
    /// An earlier result with the same fingerprint was taken.
    Reused,
    Error,
    Skipped,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MartResult {
    pub name: String,
    pub rows: u64,
    pub bytes: u64,
    /// The stable file that readers open.
    pub path: String,
    pub sha256: String,
    /// Whether this run wrote it; otherwise it was already up to date.
    pub is_new: bool,
}

/// A mart's file in the version folder of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WrittenMart {
    pub name: String,
    #[schemars(with = "serde_json::Value")]
    pub entry: MartEntry,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckResult {
    pub table: String,
    pub check: String,
    pub status: CheckStatus,
    /// Rows that violate the check.
    pub failures: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    Pass,
    Warn,
    Fail,
}

/// The folder of one run, and its results so far.
#[derive(Debug)]
pub(crate) struct Artifacts {
    folder: PathBuf,
    results: Mutex<RunResults>,
    events: Mutex<fs::File>,
}

impl Artifacts {
    /// Creates `<work>/runs/<run id>` with the first results in it.
    pub(crate) fn create(work: &Path, results: RunResults) -> Result<Self> {
        let folder = work.join("runs").join(&results.run_id);
        fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
        let path = folder.join(EVENTS);
        let events = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(|error| unwritable(&path, &error))?;
        let artifacts = Self { folder, results: Mutex::new(results), events: Mutex::new(events) };
        artifacts.update(|_| ())?;
        Ok(artifacts)
    }

    pub(crate) fn results(&self) -> RunResults {
        self.results.lock().clone()
    }

    /// Changes the results and writes them whole, by rename.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut RunResults) -> T) -> Result<T> {
        let mut results = self.results.lock();
        let changed = change(&mut results);
        write_json(&self.folder.join("run_results.json"), &*results)?;
        Ok(changed)
    }

    /// Changes the result of one node.
    pub(crate) fn node(&self, name: &str, change: impl FnOnce(&mut NodeResult)) -> Result<()> {
        self.update(|results| {
            if let Some(node) = results.nodes.iter_mut().find(|node| node.name == name) {
                change(node);
            }
        })
    }

    /// Writes another document of the run, such as `manifest.json`.
    pub(crate) fn document<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
        write_json(&self.folder.join(name), value)
    }

    /// Appends one event to `events.ndjson`: a whole line, later than those before it.
    pub(crate) fn event(&self, event: &str, node: Option<&str>, detail: &str) -> Result<()> {
        let run_id = self.results.lock().run_id.clone();
        let mut file = self.events.lock();
        let line = serde_json::json!({
            "at": Utc::now(),
            "run_id": run_id,
            "event": event,
            "node": node,
            "detail": detail,
        });
        file.write_all(format!("{line}\n").as_bytes())
            .map_err(|error| unwritable(&self.folder.join(EVENTS), &error))
    }
}

/// The results of every run in a work folder, newest first. Unreadable ones are left out.
pub fn history(work: &Path) -> Vec<RunResults> {
    let mut runs: Vec<RunResults> = fs::read_dir(work.join("runs"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| fs::read(entry.path().join("run_results.json")).ok())
        .filter_map(|bytes| serde_json::from_slice(&bytes).ok())
        .collect();
    // Run ids are UUIDv7: they sort by time.
    runs.sort_by(|a, b| b.run_id.cmp(&a.run_id));
    runs
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| Error::failed(codes::WORK_FOLDER, error.to_string()))?;
    let temporary = path.with_extension("json.tmp");
    fs::write(&temporary, bytes)
        .and_then(|()| fs::rename(&temporary, path))
        .map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::failed(codes::WORK_FOLDER, format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn events_of_several_threads_are_whole_lines_in_the_order_of_time() {
        let work = tempfile::tempdir().unwrap();
        let results = json!({
            "schema_version": SCHEMA_VERSION, "run_id": "1", "pipeline": "p", "pipeline_file": "p.yaml",
            "target": null, "parameters": {}, "select": [], "exclude": [], "status": "running",
            "exit_reason": null, "started_at": "2026-06-30T00:00:00Z", "finished_at": null,
            "commit": null, "sources": [], "nodes": [], "marts": [], "checks": [], "warnings": [],
            "peak_resident_bytes": null,
        });
        let results = serde_json::from_value(results).unwrap();
        let artifacts = Artifacts::create(work.path(), results).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for number in 0..250 {
                        artifacts
                            .event("node_started", Some("core.t"), &format!("{number}"))
                            .unwrap();
                    }
                });
            }
        });
        let written = fs::read_to_string(work.path().join("runs/1").join(EVENTS)).unwrap();
        let times: Vec<DateTime<Utc>> = written
            .lines()
            .map(|line| {
                serde_json::from_str::<Value>(line).unwrap()["at"]
                    .as_str()
                    .unwrap()
                    .parse()
                    .unwrap()
            })
            .collect();
        assert_eq!(times.len(), 1000);
        assert!(times.is_sorted());
    }
}
