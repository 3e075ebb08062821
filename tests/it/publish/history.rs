//! Going back, clearing up, and records from another time.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use journeymart::{
    error::{Kind, codes},
    publish::{Action, VacuumOptions, history, read},
};

use super::*;

async fn open(place: &Location) -> Publisher {
    Publisher::open(place.clone(), PIPELINE, options()).await.unwrap()
}

fn vacuum(keep: usize) -> VacuumOptions {
    let now = Utc::now() + TimeDelta::hours(25);
    VacuumOptions { keep, min_age: Duration::from_secs(24 * 3600), now, dry_run: false }
}

#[tokio::test]
async fn a_rollback_is_a_new_commit_of_old_files() {
    for (place, _folder) in places() {
        let first = [("churn", Want::Rows(&[1][..])), ("mrr", Want::Rows(&[7]))];
        let (first, _) = run(&place, &first).await.unwrap();
        let before = stable(&place).await;
        run(&place, &[("churn", Want::Rows(&[2])), ("renewals", Want::Rows(&[3]))]).await.unwrap();

        let mut publisher = open(&place).await;
        let commit = publisher.rollback(1).await.unwrap().clone();
        assert_eq!((commit.number, commit.parent), (3, Some(2)));
        assert_eq!((commit.action, commit.restores), (Action::Rollback, Some(1)));
        assert_eq!((&commit.marts, &commit.inputs), (&first.marts, &first.inputs));
        assert_ne!(commit.run_id, first.run_id);
        let finished = publisher.finish().await.unwrap();
        assert_eq!(finished.removed, ["renewals"]);
        assert_eq!(stable(&place).await, before);

        let message = publisher.rollback(3).await.unwrap_err().to_string();
        assert!(message.starts_with("commit 3 is not older than the newest, 3"), "{message}");
        let message = publisher.rollback(0).await.unwrap_err().to_string();
        assert!(message.starts_with("there is no commit 0"), "{message}");
    }
}

#[tokio::test]
async fn a_vacuum_keeps_what_kept_commits_name() {
    for (place, _folder) in places() {
        let (first, _) =
            run(&place, &[("churn", Want::Rows(&[1])), ("mrr", Want::Rows(&[9]))]).await.unwrap();
        let (second, _) =
            run(&place, &[("churn", Want::Rows(&[2])), ("mrr", Want::Carried)]).await.unwrap();
        let (third, _) =
            run(&place, &[("churn", Want::Rows(&[3])), ("mrr", Want::Rows(&[8]))]).await.unwrap();
        // A run that never committed.
        let orphan = options();
        let publisher = Publisher::open(place.clone(), PIPELINE, orphan).await.unwrap();
        let batch = rows(&[4]);
        let rows = streamed(batch.schema(), vec![batch]);
        publisher.stage(spec("churn"), rows, 2).await.unwrap();

        let mut publisher = open(&place).await;
        let young = VacuumOptions { now: Utc::now(), ..vacuum(1) };
        assert_eq!(publisher.vacuum(young).await.unwrap(), []);

        // The second commit carries the first one's `mrr`, so only the orphan goes.
        let removed = publisher.vacuum(VacuumOptions { dry_run: true, ..vacuum(2) }).await.unwrap();
        assert_eq!(publisher.vacuum(vacuum(2)).await.unwrap(), removed);
        assert_eq!(removed.len(), 1);
        assert_eq!((&removed[0].run_id, removed[0].files), (&orphan.run_id.to_string(), 1));
        publisher.rollback(2).await.unwrap();
        publisher.finish().await.unwrap();
        assert_eq!(values(&stable(&place).await["churn"]), [2]);

        publisher.rollback(3).await.unwrap();
        publisher.finish().await.unwrap();
        let removed = publisher.vacuum(vacuum(1)).await.unwrap();
        let mut runs: Vec<&String> = removed.iter().map(|version| &version.run_id).collect();
        runs.sort();
        assert_eq!(runs, [&first.run_id, &second.run_id]);
        assert_eq!(read(&place).await.unwrap().unwrap().commit.marts, third.marts);
        assert_eq!(values(&stable(&place).await["mrr"]), [8]);

        let error = publisher.rollback(2).await.unwrap_err();
        assert_eq!(error.to_string(), "the files of commit 2 were vacuumed by 7");
        let actions: Vec<Action> =
            history(&place).await.unwrap().iter().map(|commit| commit.action).collect();
        use Action::{Rollback, Run, Vacuum};
        assert_eq!(actions, [Run, Run, Run, Vacuum, Rollback, Rollback, Vacuum]);
    }
}

#[tokio::test]
async fn a_rollback_and_a_vacuum_cannot_pass_each_other() {
    let place = memory();
    for value in [1, 2, 3] {
        run(&place, &[("churn", Want::Rows(&[value]))]).await.unwrap();
    }
    let (mut clearing, mut restoring) = (open(&place).await, open(&place).await);
    restoring.rollback(1).await.unwrap();
    let error = clearing.vacuum(vacuum(1)).await.unwrap_err();
    assert_eq!(error.kind, Kind::Conflict);
    restoring.finish().await.unwrap();
    assert_eq!(values(&stable(&place).await["churn"]), [1]);

    let (mut clearing, mut restoring) = (open(&place).await, open(&place).await);
    clearing.vacuum(vacuum(1)).await.unwrap();
    let error = restoring.rollback(2).await.unwrap_err();
    assert_eq!(error.diagnostics[0].code, codes::NO_COMMIT);
    assert_eq!(values(&stable(&place).await["churn"]), [1]);
}

#[tokio::test]
async fn a_record_of_a_newer_version_stops_readers_and_writers() {
    let place = memory();
    run(&place, &[("churn", Want::Rows(&[1]))]).await.unwrap();
    let record = place.join("_journeymart/commits/00000000000000000002.json");
    record.put("{\"schema_version\": 2}").await.unwrap();
    for error in [
        read(&place).await.unwrap_err(),
        history(&place).await.unwrap_err(),
        run(&place, &[("churn", Want::Rows(&[2]))]).await.unwrap_err(),
    ] {
        assert_eq!(error.diagnostics[0].code, codes::COMMIT_UNREADABLE);
        assert!(error.to_string().contains("written by a newer version"), "{error}");
    }
    assert_eq!(values(&stable(&place).await["churn"]), [1]);
}
