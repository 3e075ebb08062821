//! Whose location it is, and which stores are refused.

use journeymart::error::{Kind, codes};
use object_store::{Error, aws::AmazonS3Builder};

use super::{
    faulty::{Change, Fate, Faulty},
    *,
};

fn overwriting(place: &Location) -> Location {
    place.through(|store| {
        Arc::new(Faulty::new(store, |_, change, _| match change {
            Change::Create => Fate::Overwrites,
            _ => Fate::Done,
        }))
    })
}

async fn refusal(place: &Location) -> journeymart::error::Error {
    let error = Publisher::open(place.clone(), PIPELINE, options()).await.unwrap_err();
    assert_eq!((error.kind, error.diagnostics[0].code), (Kind::Usage, codes::UNSAFE_STORE));
    error
}

#[tokio::test]
async fn a_store_that_ignores_the_condition_is_refused_and_left_empty() {
    let place = memory();
    let error = refusal(&overwriting(&place)).await;
    assert_eq!(
        error.to_string(),
        "the store of `memory://test/marts` overwrites a file that it was told to create only if \
         absent (hint: two runs could overwrite each other here; if only one at a time ever \
         publishes, pass `--single-writer`)"
    );
    assert_eq!(place.list().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_store_that_turns_unsafe_is_refused_and_left_as_it_was() {
    let place = memory();
    run(&place, &[("churn", Want::Rows(&[1]))]).await.unwrap();
    let before = place.list().await.unwrap().len();
    refusal(&overwriting(&place)).await;
    assert_eq!(place.list().await.unwrap().len(), before);
    run(&place, &[("churn", Want::Rows(&[2]))]).await.unwrap();
}

#[tokio::test]
async fn a_single_writer_may_use_an_unsafe_store() {
    let place = overwriting(&memory());
    for number in [1, 2] {
        let options = PublishOptions { single_writer: true, ..options() };
        let mut publisher = Publisher::open(place.clone(), PIPELINE, options).await.unwrap();
        let commit = commit(&mut publisher, &[("churn", Want::Rows(&[number]))]).await.unwrap();
        assert_eq!(commit.number, number as u64);
        publisher.finish().await.unwrap();
        assert_eq!(values(&stable(&place).await["churn"]), [number]);
    }
}

#[tokio::test]
async fn a_store_without_the_condition_or_listings_is_refused() {
    // What the local store says where hard links are missing.
    let place = memory().through(|store| {
        Arc::new(Faulty::new(store, |_, change, _| match change {
            Change::Create => Fate::Refused(Error::NotImplemented {
                operation: "make hard links".into(),
                implementer: "local files".into(),
            }),
            _ => Fate::Done,
        }))
    });
    let message = refusal(&place).await.to_string();
    assert!(message.contains("it cannot make hard links (hint: two runs"), "{message}");

    let place =
        memory().through(|store| Arc::new(Faulty::new(store, |_, _, _| Fate::Done).blind()));
    let message = refusal(&place).await.to_string();
    assert!(message.contains("does not list the files it holds"), "{message}");
}

/// s3rver and the like: `JOURNEYMART_TEST_UNSAFE_S3` is the address of a bucket on one.
#[tokio::test]
async fn a_server_that_ignores_the_condition_is_refused() {
    let Ok(address) = std::env::var("JOURNEYMART_TEST_UNSAFE_S3") else {
        println!("skipped: JOURNEYMART_TEST_UNSAFE_S3 names no place to write to");
        return;
    };
    let (endpoint, bucket) = address.rsplit_once('/').unwrap();
    let server = AmazonS3Builder::new()
        .with_endpoint(endpoint)
        .with_bucket_name(bucket)
        .with_access_key_id("S3RVER")
        .with_secret_access_key("S3RVER")
        .with_allow_http(true);
    let path = object_store::path::Path::from(Uuid::now_v7().to_string());
    let place = Location::in_store(Arc::new(server.build().unwrap()), path, "s3://unsafe/marts");
    let message = refusal(&place).await.to_string();
    assert!(message.starts_with("the store of `s3://unsafe/marts` overwrites"), "{message}");
    assert_eq!(place.list().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_location_has_one_owner() {
    for (place, _folder) in places() {
        run(&place, &[("churn", Want::Rows(&[1]))]).await.unwrap();
        let before = place.list().await.unwrap().len();
        let error = Publisher::open(place.clone(), "other", options()).await.unwrap_err();
        assert_eq!((error.kind, error.diagnostics[0].code), (Kind::Usage, codes::OWNED));
        assert_eq!(
            error.to_string(),
            format!(
                "location `{place}` belongs to pipeline `customer_journey`, not to `other` (hint: \
                 give each pipeline a `marts` location of its own)"
            )
        );
        assert_eq!(place.list().await.unwrap().len(), before);
    }
}

#[tokio::test]
async fn a_target_that_cannot_be_written_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("marts"), "a file").unwrap();
    let place = Storage::new(folder.path()).location("marts").unwrap();
    let error = Publisher::open(place, PIPELINE, options()).await.unwrap_err();
    let message = error.to_string();
    assert!(message.contains("a part of its path is a file"), "{message}");
    assert_eq!(std::fs::read(folder.path().join("marts")).unwrap(), b"a file");
}
