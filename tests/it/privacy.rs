//! Pseudonyms: made under a key from the environment, which shows nowhere.

use std::{fs, path::Path};

use crate::program::program;

const KEY: &str = "0123456789abcdef0123456789abcdef";
const OTHER_KEY: &str = "another key of thirty-two bytes!";

struct Outcome {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn journeymart(dir: &Path, key: Option<&str>, arguments: &[&str]) -> Outcome {
    let output = program(dir)
        .envs(key.map(|key| ("JOURNEYMART_PRIVACY_KEY", key)))
        .args(arguments)
        .output()
        .unwrap();
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A new project with a mart of pseudonyms.
fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(journeymart(dir.path(), None, &["init", "."]).code, Some(0));
    let sql = "select distinct pseudonymize('ann@example.com') as person from core.orders\n";
    fs::write(dir.path().join("sql/marts/people.sql"), sql).unwrap();
    dir
}

fn person(dir: &Path, key: &str) -> String {
    let sql = "select person from marts.people";
    let answer = journeymart(dir, Some(key), &["query", "--published", "--output", "json", sql]);
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    answer.stdout.trim().to_owned()
}

/// By Python's hmac: HMAC-SHA-256 of "ann@example.com", 128 bits of it.
#[test]
fn pseudonyms_follow_the_key() {
    let project = project();
    let dir = project.path();
    let run = |key| {
        let run = journeymart(dir, Some(key), &["run", "-v"]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        run.stdout
    };
    run(KEY);
    assert_eq!(person(dir, KEY), r#"[{"person":"093e3dd9df951c5008225d533a017547"}]"#);
    assert!(run(KEY).contains("nothing to do"));
    // Results under an earlier key are not taken for those under another.
    run(OTHER_KEY);
    assert_eq!(person(dir, OTHER_KEY), r#"[{"person":"4667ae0defff11ac565d18d1e513af10"}]"#);
}

#[test]
fn a_missing_or_short_key_is_an_error_before_any_row_is_read() {
    let project = project();
    for (key, message) in [
        (None, "needs a key in the environment variable JOURNEYMART_PRIVACY_KEY"),
        (Some("short-secret"), "needs a key of 32 bytes or more in the environment variable"),
    ] {
        for command in [&["check"][..], &["run"]] {
            let refused = journeymart(project.path(), key, command);
            assert_eq!(refused.code, Some(2), "{}", refused.stderr);
            assert!(refused.stderr.contains(message), "{}", refused.stderr);
            assert!(refused.stderr.contains("sql/marts/people.sql"), "{}", refused.stderr);
            assert!(!refused.stderr.contains("short-secret"), "{}", refused.stderr);
        }
    }
}

#[test]
fn the_key_is_written_nowhere() {
    let project = project();
    let run = journeymart(project.path(), Some(KEY), &["run", "-v", "--log-format", "json"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let plan = journeymart(project.path(), Some(KEY), &["plan", "--full-refresh"]);
    let fault = "select pseudonymize('a') / 0 from nowhere";
    let failed = journeymart(project.path(), Some(KEY), &["query", fault]);
    for said in [&run, &plan, &failed] {
        assert!(!said.stdout.contains(KEY) && !said.stderr.contains(KEY));
    }
    let mut files = 0;
    for entry in walkdir::WalkDir::new(project.path()) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let content = fs::read(entry.path()).unwrap();
            let found = content.windows(KEY.len()).any(|window| window == KEY.as_bytes());
            assert!(!found, "{}", entry.path().display());
            files += 1;
        }
    }
    assert!(files > 10, "{files} files were looked at");
}
