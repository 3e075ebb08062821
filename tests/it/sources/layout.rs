//! Which files of a folder are a source's: complete ones, the newest snapshot; and what their paths
//! say.

use std::fs;

use journeymart::{
    config::source::Source,
    error::{Kind, codes},
    sources::Discovered,
};
use tempfile::TempDir;

use super::{World, column, discovered, source};

/// A folder that holds these files.
fn folder(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    folder
}

fn paths(found: &Discovered) -> Vec<&str> {
    found.files.iter().map(|file| file.path.as_str()).collect()
}

fn at(path: &str, change: impl FnOnce(&mut Source)) -> Source {
    let mut source = source(&[]);
    source.path = path.to_owned();
    change(&mut source);
    source
}

#[test]
fn folders_without_their_marker_wait() {
    let lake = folder(&[
        "run/20260629/a.csv",
        "run/20260629/b.csv",
        "run/20260629/manifest.csv",
        "run/20260630/a.csv",
        "run/20260630/b.csv",
    ]);
    let shop = |marker: &str| {
        at("run/{date:YYYYMMDD}/*.csv", |source| source.ready = Some(marker.to_owned()))
    };
    let found = discovered(&shop("manifest.csv"), lake.path()).unwrap();
    assert_eq!(paths(&found), ["run/20260629/a.csv", "run/20260629/b.csv"]);
    let [warning] = found.warnings.as_slice() else { panic!("{:?}", found.warnings) };
    assert_eq!(warning.code, codes::NOT_READY);
    assert_eq!(
        warning.to_string(),
        "2 files of source `shop` in `run/20260630` are not loaded (hint: the marker \
         `manifest.csv` is not there; the export may not be complete)"
    );
    // A source that has to have files says why there are none.
    let error = discovered(&shop("_SUCCESS"), lake.path()).unwrap_err();
    assert_eq!(error.diagnostics[0].code, codes::NO_FILES);
    assert!(error.to_string().contains("`_SUCCESS` is not there"), "{error}");
}

#[test]
fn markers_may_lie_above_their_files() {
    let lake = folder(&["r1/core/a.csv", "r1/core_SUCCESS", "r2/core/a.csv"]);
    let wanted = at("*/core/*.csv", |source| source.ready = Some("../core_SUCCESS".to_owned()));
    let found = discovered(&wanted, lake.path()).unwrap();
    assert_eq!(paths(&found), ["r1/core/a.csv"]);
    assert_eq!(found.warnings.len(), 1);
    assert!(found.unmatched.is_empty());
}

#[test]
fn markers_may_name_the_date() {
    let lake = folder(&["hits_2026-06-29.tsv", "hits_2026-06-30.tsv", "done/2026-06-29.fin"]);
    let wanted = |marker: &str| {
        at("hits_{date:YYYY-MM-DD}.tsv", |source| source.ready = Some(marker.to_owned()))
    };
    let found = discovered(&wanted("done/{date:YYYY-MM-DD}.fin"), lake.path()).unwrap();
    assert_eq!(paths(&found), ["hits_2026-06-29.tsv"]);
    assert_eq!(found.warnings[0].code, codes::NOT_READY);
    let error = discovered(&wanted("done/{date:nonsense}"), lake.path()).unwrap_err();
    assert_eq!(error.kind, Kind::Usage);
}

#[test]
fn of_snapshots_the_newest_counts() {
    let lake = folder(&[
        "2026-06-30T01/a.csv",
        "2026-06-30T01/b.csv",
        "2026-06-30T00/a.csv",
        "2026-06-29T23/a.csv",
        "2026-06-30T02/a.csv",
    ]);
    let wanted = |ready: Option<&str>| {
        at("{date:YYYY-MM-DDTHH}/*.csv", |source| {
            source.snapshot = true;
            source.ready = ready.map(str::to_owned);
        })
    };
    assert_eq!(paths(&discovered(&wanted(None), lake.path()).unwrap()), ["2026-06-30T02/a.csv"]);
    // The newest that is complete.
    fs::write(lake.path().join("2026-06-30T01/_SUCCESS"), "").unwrap();
    fs::write(lake.path().join("2026-06-29T23/_SUCCESS"), "").unwrap();
    let found = discovered(&wanted(Some("_SUCCESS")), lake.path()).unwrap();
    assert_eq!(paths(&found), ["2026-06-30T01/a.csv", "2026-06-30T01/b.csv"]);
}

#[test]
fn paths_give_columns() {
    let given = |name: &str, of: &str, from: &str| {
        let mut column = column(name, of);
        column.from = vec![from.to_owned()];
        column
    };
    let world = |from: &str| {
        World::new(&[("id", "int64")])
            .with(|source| {
                source.columns.insert(0, given("region", "string", "_path.region"));
                source.columns.push(given("day", "date", "_file_date"));
                source.columns.push(given("file", "string", from));
                source.columns.push(given("total", "int64", "total"));
            })
            .folder(
                "region=nl",
                "orders {date:YYYYMMDD}.csv",
                "orders 20260630.csv",
                "total,id\n10,1\n20,x\n",
            )
            .folder(
                "region=be",
                "orders {date:YYYYMMDD}.csv",
                "orders 20260629.csv",
                "id,total\n2,30\n",
            )
    };
    let loaded = world("_file_name").load();
    let mut rows = loaded.rows.clone();
    rows.sort();
    assert_eq!(
        rows,
        [
            "be|2|2026-06-29|orders 20260629.csv|30",
            "nl|1|2026-06-30|orders 20260630.csv|10",
            "nl|∅|2026-06-30|orders 20260630.csv|20",
        ]
    );
    assert_eq!(loaded.bad_cells, ["region=nl/orders 20260630.csv:3: id: x: int64"]);
    let error = world("_path.store").error();
    assert_eq!(error.diagnostics.len(), 2);
    assert!(error.to_string().contains("the path gives no `_path.store` for `file`"), "{error}");
}

#[test]
fn what_a_path_says_is_part_of_the_content() {
    let lake = folder(&["region=nl/a.csv"]);
    fs::create_dir(lake.path().join("region=be")).unwrap();
    fs::copy(lake.path().join("region=nl/a.csv"), lake.path().join("region=be/a.csv")).unwrap();
    let ids = |columns: Vec<journeymart::config::source::Column>| {
        let found = discovered(&at("*/*.csv", |source| source.columns = columns), lake.path());
        found.unwrap().files.into_iter().map(|file| file.content_id).collect::<Vec<_>>()
    };
    let mut region = column("region", "string");
    let plain = ids(vec![region.clone()]);
    assert_eq!(plain[0], plain[1]);
    region.from = vec!["_path.region".to_owned()];
    let told_apart = ids(vec![region]);
    assert_ne!(told_apart[0], told_apart[1]);
    assert!(told_apart[0].starts_with(&plain[0]));
}
