//! A run that is struck dead between any two changes of the store, or at a named failpoint.

use std::{fs, process::Command};

use journeymart::publish::read;

use super::{
    faulty::{Fate, Faulty, lost},
    *,
};

const BEFORE: [(&str, Want<'static>); 3] =
    [("churn", Want::Rows(&[1, 1])), ("mrr", Want::Rows(&[1])), ("renewals", Want::Rows(&[1]))];
/// Changes one mart, withdraws one, carries one over and adds one.
const AFTER: [(&str, Want<'static>); 3] =
    [("churn", Want::Rows(&[2, 2])), ("renewals", Want::Carried), ("surveys", Want::Rows(&[2]))];

/// Whatever is seen is complete: each stable file is the old one or the new one, and the newest
/// commit's files are all there.
async fn check_readers(
    place: &Location,
    old: &BTreeMap<String, Vec<u8>>,
    new: &BTreeMap<String, Vec<u8>>,
) {
    for (mart, file) in stable(place).await {
        assert!(old.get(&mart) == Some(&file) || new.get(&mart) == Some(&file), "{mart}");
    }
    let published = read(place).await.unwrap().unwrap();
    let expected = if published.commit.number == 1 { old } else { new };
    assert_eq!(published.marts.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (mart, files) in published.marts {
        assert_eq!(files[0].get().await.unwrap(), expected[&mart]);
    }
}

async fn undisturbed() -> (BTreeMap<String, Vec<u8>>, BTreeMap<String, Vec<u8>>) {
    let place = memory();
    run(&place, &BEFORE).await.unwrap();
    let old = stable(&place).await;
    run(&place, &AFTER).await.unwrap();
    (old, stable(&place).await)
}

#[tokio::test]
async fn a_crash_after_any_change_is_repaired_by_the_next_command() {
    let (old, new) = undisturbed().await;
    let mut survived = false;
    let mut changes = 0;
    while !survived {
        let place = memory();
        run(&place, &BEFORE).await.unwrap();
        let dying = place.through(|store| {
            Arc::new(Faulty::new(store, move |number, _, _| match number < changes {
                true => Fate::Done,
                false => Fate::Refused(lost()),
            }))
        });
        survived = run(&dying, &AFTER).await.is_ok();
        check_readers(&place, &old, &new).await;

        // The next command rolls forward; whether its own commit is needed depends on the moment.
        let publisher = Publisher::open(place.clone(), PIPELINE, options()).await.unwrap();
        let committed = publisher.head().unwrap().number == 2;
        assert_eq!(&stable(&place).await, if committed { &new } else { &old });
        run(&place, &AFTER).await.unwrap();
        assert_eq!(stable(&place).await, new, "after {changes} changes");
        changes += 1;
    }
    assert!(changes > 10, "only {changes} changes were interrupted");
}

#[tokio::test]
async fn an_interrupted_first_publication_starts_over() {
    let mut survived = false;
    let mut changes = 0;
    while !survived {
        let place = memory();
        let dying = place.through(|store| {
            Arc::new(Faulty::new(store, move |number, _, _| match number < changes {
                true => Fate::Done,
                false => Fate::Refused(lost()),
            }))
        });
        survived = run(&dying, &BEFORE).await.is_ok();
        run(&place, &BEFORE).await.unwrap();
        assert_eq!(stable(&place).await.len(), 3, "after {changes} changes");
        changes += 1;
    }
}

#[tokio::test]
async fn damaged_and_missing_stable_files_are_restored() {
    for (place, _folder) in places() {
        run(&place, &BEFORE).await.unwrap();
        let expected = stable(&place).await;
        place.join("churn.parquet").put("scribbled").await.unwrap();
        place.join("mrr.parquet").delete().await.unwrap();
        let publisher = Publisher::open(place.clone(), PIPELINE, options()).await.unwrap();
        assert_eq!(publisher.rolled_forward().updated, ["churn", "mrr"]);
        assert_eq!(stable(&place).await, expected);
    }
}

#[tokio::test]
async fn a_damaged_version_is_never_spread_and_can_be_replaced() {
    for (place, _folder) in places() {
        let (commit, _) = run(&place, &BEFORE).await.unwrap();
        let records = place.join("_journeymart");
        for (mart, content) in [("churn", Some("scribbled")), ("mrr", None)] {
            let version = records.join(&commit.marts[mart].files[0].path);
            match content {
                Some(content) => drop(version.put(content).await.unwrap()),
                None => version.delete().await.unwrap(),
            }
            place.join(&format!("{mart}.parquet")).delete().await.unwrap();
        }
        let mut publisher = Publisher::open(place.clone(), PIPELINE, options()).await.unwrap();
        assert_eq!(publisher.rolled_forward().damaged, ["churn", "mrr"]);
        assert_eq!(stable(&place).await.keys().collect::<Vec<_>>(), ["renewals"]);
        let error = super::commit(&mut publisher, &[("mrr", Want::Carried)]).await.unwrap_err();
        assert!(error.to_string().contains("`mrr` is damaged or missing"), "{error}");

        let (_, finished) = run(&place, &BEFORE).await.unwrap();
        assert_eq!(finished.damaged, [""; 0]);
        assert_eq!(values(&stable(&place).await["churn"]), [1, 1]);
    }
}

#[tokio::test]
async fn touching_and_moving_files_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name| Storage::new(folder.path()).location(name).unwrap();
    run(&place("here"), &BEFORE).await.unwrap();
    let expected = stable(&place("here")).await;
    let file = fs::File::options().append(true).open(folder.path().join("here/churn.parquet"));
    file.unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    fs::rename(folder.path().join("here"), folder.path().join("there")).unwrap();
    let publisher = Publisher::open(place("there"), PIPELINE, options()).await.unwrap();
    assert_eq!(publisher.rolled_forward(), &Finished::default());
    assert_eq!(stable(&place("there")).await, expected);
}

const FOLDER: &str = "JOURNEYMART_TEST_CRASH_FOLDER";

/// Not a test of its own: what [`every_failpoint_is_survived`] runs in a process that is to die.
#[tokio::test]
async fn dying_process() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let place = Storage::new(folder).location("marts").unwrap();
    run(&place, &AFTER).await.unwrap();
}

#[tokio::test]
async fn every_failpoint_is_survived() {
    let (old, new) = undisturbed().await;
    for (failpoint, committed) in [
        ("publish.after_version", false),
        ("publish.before_commit", false),
        ("publish.after_commit", true),
        ("publish.before_current", true),
        ("publish.between_stable_files", true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let place = Storage::new(folder.path()).location("marts").unwrap();
        run(&place, &BEFORE).await.unwrap();
        let died = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "publish::crashes::dying_process"])
            .env(FOLDER, folder.path())
            .env("JOURNEYMART_FAILPOINT", failpoint)
            .output()
            .unwrap();
        assert!(!died.status.success(), "{failpoint} was not reached");
        assert!(died.status.code().is_none(), "{failpoint}: {died:?}");
        check_readers(&place, &old, &new).await;
        assert_eq!(read(&place).await.unwrap().unwrap().commit.number == 2, committed);
        run(&place, &AFTER).await.unwrap();
        assert_eq!(stable(&place).await, new, "{failpoint}");
    }
}
