//! Finding the files of a source.

use std::fs;

use journeymart::error::{Kind, codes};

use super::{discovered, source};

#[test]
fn files_are_known_by_content_and_strangers_are_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("exports")).unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join("exports").join(name), text);
    put("orders_20260102.csv", "b").unwrap();
    put("orders_20260101.csv", "a").unwrap();
    put("copy_20260101.csv", "a").unwrap();
    let mut shop = source(&[]);
    shop.path = "exports/orders_{date:YYYYMMDD}.csv".to_owned();
    let found = discovered(&shop, folder.path()).unwrap();
    let files: Vec<_> = found
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.period.unwrap().date().to_string()))
        .collect();
    assert_eq!(
        files,
        [
            ("exports/orders_20260101.csv", "2026-01-01".to_owned()),
            ("exports/orders_20260102.csv", "2026-01-02".to_owned()),
        ]
    );
    // printf a | sha256sum
    assert_eq!(
        found.files[0].content_id,
        "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    );
    assert_eq!(found.unmatched, ["exports/copy_20260101.csv"]);
    assert!(found.warnings.is_empty());
}

#[test]
fn excluded_files_are_neither_loaded_nor_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("web/testmode")).unwrap();
    for name in [
        "events_20260629.gz",
        "events_intraday_20260630.gz",
        "readme.txt",
        "testmode/events_20260630.gz",
    ] {
        fs::write(folder.path().join("web").join(name), name).unwrap();
    }
    let mut web = source(&[]);
    web.path = "web/**/events_*.gz".to_owned();
    web.exclude = ["events_intraday_*", "testmode/*", "*.txt"].map(str::to_owned).to_vec();
    let found = discovered(&web, folder.path()).unwrap();
    let files: Vec<_> = found.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(files, ["web/events_20260629.gz"]);
    assert!(found.unmatched.is_empty(), "{:?}", found.unmatched);
    web.exclude = vec!["a**b".to_owned()];
    let error = discovered(&web, folder.path()).unwrap_err();
    assert_eq!(error.kind, Kind::Usage);
    assert!(error.to_string().starts_with("`exclude` of source `shop`: `a**b`: "), "{error}");
    web.exclude = vec!["*".to_owned()];
    assert_eq!(discovered(&web, folder.path()).unwrap_err().diagnostics[0].code, codes::NO_FILES);
}

#[test]
fn no_files_stop_a_required_source_only() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("exports")).unwrap();
    fs::write(folder.path().join("exports/a.txt"), "a").unwrap();
    let mut shop = source(&[]);
    shop.path = "exports/*.csv".to_owned();
    let error = discovered(&shop, folder.path()).unwrap_err();
    assert_eq!((error.kind, error.diagnostics[0].code), (Kind::Failed, codes::NO_FILES));
    assert_eq!(
        error.to_string(),
        "no file matches `exports/*.csv` of source `shop` (hint: `exports/a.txt` lies there)"
    );
    shop.required = false;
    let found = discovered(&shop, folder.path()).unwrap();
    assert!(found.files.is_empty());
    assert_eq!(found.warnings.len(), 1);
    assert_eq!(found.unmatched, ["exports/a.txt"]);
    shop.path = "nowhere/*.csv".to_owned();
    assert_eq!(discovered(&shop, folder.path()).unwrap().warnings[0].code, codes::NO_FILES);
    shop.required = true;
    let error = discovered(&shop, folder.path()).unwrap_err();
    assert_eq!(error.diagnostics[0].code, codes::STORAGE_MISSING);
}
