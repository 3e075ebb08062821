//! Signals: whoever stops a run is told what is published.
#![cfg(unix)]

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{program::program, project::Project};

/// Starts a run that waits at a failpoint, and sends it a signal once `reached` says that it is there.
fn stopped(project: &Project, failpoint: &str, signal: &str, reached: impl Fn() -> bool) -> Output {
    let run = program(project.dir.path())
        .args(["run"])
        .env("JOURNEYMART_FAILPOINT", format!("{failpoint}:wait"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while !reached() {
        assert!(started.elapsed() < Duration::from_secs(120), "{failpoint} was not reached");
        sleep(Duration::from_millis(20));
    }
    let sent = Command::new("kill").args([&format!("-{signal}"), &run.id().to_string()]).status();
    assert!(sent.unwrap().success());
    run.wait_with_output().unwrap()
}

fn changed() -> Project {
    let project = Project::published();
    project.edit("exports/orders.csv", "40.00", "41.00");
    project
}

/// Files below a folder.
fn files(folder: &Path) -> usize {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().is_file()))
        .count()
}

fn results(project: &Project) -> serde_json::Value {
    let runs = fs::read_dir(project.path(".journeymart/runs")).unwrap();
    let newest = runs.map(|run| run.unwrap().path()).max().unwrap();
    serde_json::from_slice(&fs::read(newest.join("run_results.json")).unwrap()).unwrap()
}

#[test]
fn a_run_that_is_stopped_before_its_commit_publishes_nothing() {
    let undisturbed = changed();
    assert_eq!(undisturbed.run(&["run"]).code, Some(0));
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let project = changed();
        let marts = project.path("out/marts");
        let before = files(&marts);
        let output = stopped(&project, "publish.after_version", signal, || files(&marts) > before);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(stderr.contains("the run was stopped; nothing was published"), "{stderr}");
        assert!(project.read_marts() == project.marts);
        let results = results(&project);
        assert_eq!((&results["status"], &results["commit"]), (&"error".into(), &().into()));

        let retried = project.run(&["retry"]);
        assert_eq!(retried.code, Some(0), "{}", retried.stderr);
        let contents = |project: &Project| project.read_marts().into_values().collect::<Vec<_>>();
        assert!(contents(&project) == contents(&undisturbed));
    }
}

#[test]
fn a_run_that_is_stopped_after_its_commit_says_so() {
    let undisturbed = changed();
    assert_eq!(undisturbed.run(&["run"]).code, Some(0));
    let project = changed();
    let commit =
        |number: u64| project.path(&format!("out/marts/_journeymart/commits/{number:020}.json"));
    let output = stopped(&project, "publish.between_stable_files", "TERM", || commit(2).exists());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(143), "{stderr}");
    assert!(stderr.contains("the run was stopped when commit 2 was published"), "{stderr}");
    let results = results(&project);
    assert_eq!((&results["status"], &results["commit"]), (&"error".into(), &2.into()));
    assert!(!results["marts"].as_array().unwrap().is_empty());

    let retried = project.run(&["retry"]);
    assert_eq!(retried.code, Some(0), "{}", retried.stderr);
    assert!(retried.stdout.contains("nothing to do"), "{}", retried.stdout);
    assert!(!commit(3).exists(), "what is published is not published again");
    let contents = |project: &Project| project.read_marts().into_values().collect::<Vec<_>>();
    assert!(contents(&project) == contents(&undisturbed));
}
