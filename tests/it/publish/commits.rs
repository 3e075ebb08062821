//! The ordinary course, and every answer that a store can give to the commit.

use std::sync::atomic::{AtomicUsize, Ordering};

use journeymart::{
    error::{Kind, codes},
    publish::{Action, history, inputs_digest, read, read_inputs},
};
use object_store::Error;

use super::{
    faulty::{Change, Fate, Faulty, lost},
    *,
};

#[tokio::test]
async fn readers_see_one_commit_after_the_other() {
    for (place, _folder) in places() {
        let first = [("churn", Want::Rows(&[1, 2])), ("renewals", Want::Rows(&[3]))];
        let (commit, finished) = run(&place, &first).await.unwrap();
        assert_eq!((commit.number, commit.parent, commit.action), (1, None, Action::Run));
        assert_eq!(finished.updated, ["churn", "renewals"]);
        assert_eq!(values(&stable(&place).await["churn"]), [1, 2]);

        let entry = &commit.marts["churn"];
        assert_eq!((entry.rows, &entry.grain), (2, &vec!["customer_id".to_owned()]));
        let published = read(&place).await.unwrap().unwrap();
        assert_eq!(published.commit, commit);
        let file = published.marts["churn"][0].get().await.unwrap();
        assert_eq!(file.len() as u64, entry.bytes);
        assert_eq!(stable(&place).await["churn"], file);

        let records = [input("a.csv"), input("b.csv")];
        assert_eq!(commit.inputs, Some(inputs_digest(&records)));
        let inputs = read_inputs(&place, commit.inputs.as_ref().unwrap()).await.unwrap();
        assert_eq!(inputs, records);

        // `renewals` is carried over, `churn` withdrawn, `mrr` new.
        let second = [("renewals", Want::Carried), ("mrr", Want::Rows(&[]))];
        let (next, finished) = run(&place, &second).await.unwrap();
        assert_eq!((next.number, next.parent), (2, Some(1)));
        assert_eq!(next.marts["renewals"], commit.marts["renewals"]);
        assert_eq!(
            (finished.updated, finished.removed),
            (vec!["mrr".into()], vec!["churn".into()])
        );
        let files = stable(&place).await;
        assert_eq!(files.keys().collect::<Vec<_>>(), ["mrr", "renewals"]);
        assert_eq!(values(&files["mrr"]), [0; 0]);

        assert_eq!(history(&place).await.unwrap(), [commit, next]);
        let again = Publisher::open(place.clone(), PIPELINE, options()).await.unwrap();
        assert_eq!(again.rolled_forward(), &Finished::default(), "{place}");
    }
}

#[tokio::test]
async fn of_two_runs_with_one_parent_the_second_publishes_nothing() {
    for (place, _folder) in places() {
        run(&place, &[("churn", Want::Rows(&[1]))]).await.unwrap();
        let mut one = Publisher::open(place.clone(), PIPELINE, options()).await.unwrap();
        let mut two = Publisher::open(place.clone(), PIPELINE, options()).await.unwrap();
        commit(&mut one, &[("churn", Want::Rows(&[2]))]).await.unwrap();
        one.finish().await.unwrap();

        let error = commit(&mut two, &[("churn", Want::Rows(&[3]))]).await.unwrap_err();
        assert_eq!(error.kind, Kind::Conflict);
        assert!(error.to_string().starts_with("another run published commit 2 to"), "{error}");
        two.finish().await.unwrap();
        assert_eq!(values(&stable(&place).await["churn"]), [2]);
    }
}

#[tokio::test]
async fn of_two_first_runs_the_second_publishes_nothing() {
    for (place, _folder) in places() {
        let mut one = Publisher::open(place.clone(), PIPELINE, options()).await.unwrap();
        let mut two = Publisher::open(place.clone(), PIPELINE, options()).await.unwrap();
        commit(&mut one, &[("churn", Want::Rows(&[2]))]).await.unwrap();
        one.finish().await.unwrap();
        // A stable file without its record, as between the two puts, and no parent that names it.
        place.join("_journeymart/current/churn.json").delete().await.unwrap();
        let error = two.check_free(["churn"]).await.unwrap_err();
        assert_eq!(error.kind, Kind::Conflict, "{error}");
        let error = commit(&mut two, &[("churn", Want::Rows(&[3]))]).await.unwrap_err();
        assert_eq!(error.kind, Kind::Conflict, "{error}");
        assert_eq!(values(&stable(&place).await["churn"]), [2]);
    }
}

/// Commits over a store whose first answers to the commit are `fates`; then all is well.
async fn answered(fates: Vec<fn() -> Fate>) -> (Location, Result<Commit>) {
    let place = memory();
    run(&place, &[("churn", Want::Rows(&[1]))]).await.unwrap();
    let asked = AtomicUsize::new(0);
    let faulty = place.through(|store| {
        Arc::new(Faulty::new(store, move |_, change, path| {
            match change == Change::Create && path.as_ref().contains("/commits/") {
                true => fates.get(asked.fetch_add(1, Ordering::SeqCst)).map_or(Fate::Done, |f| f()),
                false => Fate::Done,
            }
        }))
    });
    let outcome = async {
        let mut publisher = Publisher::open(faulty, PIPELINE, options()).await?;
        let commit = commit(&mut publisher, &[("churn", Want::Rows(&[2]))]).await?;
        publisher.finish().await?;
        Ok(commit)
    };
    let outcome = outcome.await;
    (place, outcome)
}

fn refused() -> Fate {
    Fate::Refused(lost())
}

#[tokio::test]
async fn an_unanswered_commit_is_looked_up() {
    let (place, outcome) = answered(vec![|| Fate::Unanswered]).await;
    assert_eq!(outcome.unwrap().number, 2);
    assert_eq!(values(&stable(&place).await["churn"]), [2]);
    assert_eq!(history(&place).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_commit_is_put_again_five_times() {
    let (place, outcome) = answered(vec![refused; 5]).await;
    assert_eq!(outcome.unwrap().number, 2);
    assert_eq!(values(&stable(&place).await["churn"]), [2]);

    let (place, outcome) = answered(vec![refused; 6]).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.kind, error.diagnostics[0].code), (Kind::Retryable, codes::COMMIT_UNCERTAIN));
    assert_eq!(values(&stable(&place).await["churn"]), [1]);
    assert_eq!(history(&place).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_commit_that_another_run_made_meanwhile_is_a_conflict() {
    // The rival's record need not even be readable to be there first.
    let (_, outcome) = answered(vec![|| Fate::Outrun("{}")]).await;
    assert_eq!(outcome.unwrap_err().kind, Kind::Conflict);
    let (_, outcome) = answered(vec![refused, || Fate::Outrun("{}")]).await;
    assert_eq!(outcome.unwrap_err().kind, Kind::Conflict);
}

#[tokio::test]
async fn a_forbidden_commit_is_not_worth_a_retry() {
    let denied = || {
        let (path, source) = (String::new(), "denied".into());
        Fate::Refused(Error::PermissionDenied { path, source })
    };
    let (place, outcome) = answered(vec![denied; 6]).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.kind, error.diagnostics[0].code), (Kind::Usage, codes::STORAGE_DENIED));
    assert_eq!(values(&stable(&place).await["churn"]), [1]);
}

#[tokio::test]
async fn a_full_disk_changes_nothing() {
    let place = memory();
    run(&place, &[("churn", Want::Rows(&[1]))]).await.unwrap();
    let before = place.list().await.unwrap().len();
    let full = place.through(|store| {
        Arc::new(Faulty::new(store, |_, change, _| match change {
            Change::Put | Change::Upload => {
                let source = std::io::Error::from(std::io::ErrorKind::StorageFull).into();
                Fate::Refused(Error::Generic { store: "disk", source })
            }
            _ => Fate::Done,
        }))
    });
    let error = run(&full, &[("churn", Want::Rows(&[2]))]).await.unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("marts.churn: cannot write `memory://test/marts/"), "{message}");
    assert!(message.contains("no space is left on the device"), "{message}");
    assert_eq!(place.list().await.unwrap().len(), before);
    assert_eq!(values(&stable(&place).await["churn"]), [1]);
}

/// `JOURNEYMART_TEST_SMALL_DISK` is a folder on a disk of less than 2 MB, such as a tmpfs.
#[tokio::test]
async fn a_disk_that_fills_up_changes_nothing() {
    let Ok(disk) = std::env::var("JOURNEYMART_TEST_SMALL_DISK") else {
        println!("skipped: JOURNEYMART_TEST_SMALL_DISK names no folder");
        return;
    };
    let folder = tempfile::tempdir_in(disk).unwrap();
    let place = Storage::new(folder.path()).location("marts").unwrap();
    run(&place, &[("churn", Want::Rows(&[1]))]).await.unwrap();
    let before = walkdir::WalkDir::new(folder.path()).into_iter().count();
    // Remainders of squares: numbers that do not compress to less than the disk.
    let many: Vec<i64> = (0..400_000).map(|row: i64| row * row % 999_999_937 * 4_294_967).collect();
    let error = run(&place, &[("churn", Want::Rows(&many))]).await.unwrap_err();
    assert_eq!((error.kind, error.diagnostics[0].code), (Kind::Failed, codes::STORAGE_WRITE));
    assert!(error.to_string().contains("no space is left on the device"), "{error}");
    assert_eq!(values(&stable(&place).await["churn"]), [1]);
    // The run's version folder, empty, and nothing else.
    let after = walkdir::WalkDir::new(folder.path()).into_iter().count();
    assert_eq!(after, before + 2);
    run(&place, &[("churn", Want::Rows(&[2]))]).await.unwrap();
}

#[tokio::test]
async fn a_failing_query_leaves_no_version_and_no_change() {
    for (place, _folder) in places() {
        let publisher = Publisher::open(place.clone(), PIPELINE, options()).await.unwrap();
        let before = place.list().await.unwrap().len();
        let batch = rows(&[1]);
        let failing = stream::iter([
            Ok(batch.clone()),
            Err(datafusion::error::DataFusionError::Execution("division by zero".into())),
        ]);
        let failing = Box::pin(RecordBatchStreamAdapter::new(batch.schema(), failing));
        let error = publisher.stage(spec("churn"), failing, 2).await.unwrap_err();
        assert_eq!(error.to_string(), "marts.churn: division by zero");
        assert_eq!(place.list().await.unwrap().len(), before);
    }
}

#[tokio::test]
async fn an_unpublished_mart_cannot_be_carried_over() {
    let error = run(&memory(), &[("churn", Want::Carried)]).await.unwrap_err();
    assert!(error.to_string().starts_with("mart `churn` is not published yet"), "{error}");
}

#[tokio::test]
async fn files_of_others_are_not_overwritten() {
    let place = memory();
    place.join("churn.parquet").put("mine").await.unwrap();
    let error = run(&place, &[("churn", Want::Rows(&[1]))]).await.unwrap_err();
    assert_eq!((error.kind, error.diagnostics[0].code), (Kind::Usage, codes::EXISTS));
    assert_eq!(stable(&place).await["churn"], b"mine");
    assert!(read(&place).await.unwrap().is_none());
}
