//! What the rows of a source mean to each other: equal ones, deleted ones, dates that are exported
//! again, cells that stand for several rows.

use journeymart::{
    config::{
        reading::Format,
        records::{Deletes, FillDown},
    },
    sources::Books,
};
use proptest::prelude::*;

use super::{Loaded, World};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// read, loaded, quarantined, filtered, superseded.
fn books(of: &Loaded) -> [u64; 5] {
    let Books { rows_read, rows_loaded, rows_quarantined, rows_filtered, rows_superseded, .. } =
        of.report.books;
    [rows_read, rows_loaded, rows_quarantined, rows_filtered, rows_superseded]
}

fn sorted(of: &Loaded) -> Vec<String> {
    let mut rows = of.rows.clone();
    rows.sort();
    rows
}

#[test]
fn distinct_rows_are_kept_once() {
    let events = || World::new(&[("at", "int64"), ("page", "string"), ("tags", "list<string>")]);
    let one = "{\"at\": 1, \"page\": \"a\", \"tags\": [\"x\"]}\n";
    let two = "{\"at\": 1, \"page\": \"a\", \"tags\": [\"y\"]}\n";
    let world = |distinct| {
        events()
            .with(|source| {
                source.format = Format::Ndjson;
                source.distinct = distinct;
            })
            .file("a.ndjson", format!("{one}{two}{{}}\n"))
            .file("b.ndjson", format!("{one}{{}}\n{{\"page\": \"a\"}}\n"))
    };
    let loaded = world(true).load();
    assert_eq!(sorted(&loaded), ["1|a|[x]", "1|a|[y]", "∅|a|∅", "∅|∅|∅"]);
    assert_eq!(books(&loaded), [6, 4, 0, 0, 2]);
    assert_eq!(world(false).load().rows.len(), 6);
    let empty = events().with(|source| source.distinct = true).file("a.csv", "at,page,tags\n");
    assert_eq!(books(&empty.load()), [0; 5]);
}

fn customers(values: &[&str]) -> World {
    World::new(&[("id", "string"), ("changed", "int64"), ("email", "string"), ("state", "string")])
        .column("email", |column| column.required = true)
        .with(|source| {
            source.deletes = Some(Deletes { column: "state".to_owned(), values: names(values) });
        })
}

fn keyed(world: World) -> World {
    world.with(|source| {
        source.key = names(&["id"]);
        source.order_by = names(&["changed"]);
    })
}

const CUSTOMERS: &str = "id,changed,email,state\n";

#[test]
fn a_record_whose_latest_version_is_deleted_is_gone() {
    let loaded = keyed(customers(&["deleted", "gone"]))
        // Deleted; deleted and restored; a mark that the source does not know.
        .file("a.csv", format!("{CUSTOMERS}1,1,a@x.nl,\n1,2,,deleted\n2,1,,gone\n2,3,b@x.nl,\n"))
        .file("b.csv", format!("{CUSTOMERS}3,1,c@x.nl,archived\n1,1,older@x.nl,\n"))
        .load();
    assert_eq!(sorted(&loaded), ["2|3|b@x.nl|∅", "3|1|c@x.nl|archived"]);
    assert_eq!(books(&loaded), [6, 2, 0, 1, 3]);
}

#[test]
fn a_stub_that_only_says_deleted_is_the_last_word() {
    // As Stripe answers for a deleted customer: an id, the mark and nothing else.
    let loaded = keyed(customers(&["true"]))
        .file(
            "a.csv",
            format!("{CUSTOMERS}1,5,a@x.nl,false\n2,5,b@x.nl,false\n3,,,true\n,,,true\n4,1,,\n"),
        )
        .file("b.csv", format!("{CUSTOMERS}1,,,true\n1,9,later@x.nl,false\n"))
        .load();
    assert_eq!(sorted(&loaded), ["2|5|b@x.nl|false"]);
    assert_eq!(books(&loaded), [7, 1, 2, 2, 2]);
    assert_eq!(
        loaded.bad_rows,
        ["a.csv:5: `id` is missing: ,,,true", "a.csv:6: `email` is missing: 4,1,,"]
    );
}

#[test]
fn without_a_key_marked_rows_are_left_out() {
    let loaded = customers(&["true"])
        .column("state", |column| column.column_type = "bool".parse().unwrap())
        .file("a.csv", format!("{CUSTOMERS}1,1,a@x.nl,yes\n1,1,a@x.nl,no\n2,x,,yes\n3,1,c@x.nl,\n"))
        .load();
    assert_eq!(loaded.rows, ["1|1|a@x.nl|false", "3|1|c@x.nl|∅"]);
    assert_eq!(books(&loaded), [4, 2, 0, 2, 0]);
}

fn export() -> World {
    World::new(&[("date", "date"), ("event", "string")])
        .with(|source| source.replace_by = Some("date".to_owned()))
}

#[test]
fn dates_come_from_the_newest_file_that_holds_them() {
    // Each export repeats the day before with what arrived late; two parts make the second one.
    let loaded = export()
        .dated("2026-06-29", "date,event\n2026-06-28,a\n2026-06-29,b\n,undated\n")
        .dated("2026-06-30", "date,event\n2026-06-29,b\n2026-06-29,late\n")
        .dated("2026-06-30", "date,event\n2026-06-29,part two\n2026-06-30,c\n2026-06-30,c\n")
        .load();
    assert_eq!(
        sorted(&loaded),
        [
            "2026-06-28|a",
            "2026-06-29|b",
            "2026-06-29|late",
            "2026-06-29|part two",
            "2026-06-30|c",
            "2026-06-30|c",
            "∅|undated",
        ]
    );
    assert_eq!(books(&loaded), [8, 7, 0, 1, 0]);
}

#[test]
fn replaced_dates_and_versions_go_together() {
    let loaded = export()
        .with(|source| source.key = names(&["event"]))
        .dated("2026-06-30", "date,event\n2026-06-29,a\n2026-06-29,a\n2026-06-29,b\n")
        .dated("2026-06-29", "date,event\n2026-06-29,gone\n2026-06-29,a\n")
        .load();
    assert_eq!(sorted(&loaded), ["2026-06-29|a", "2026-06-29|b"]);
    assert_eq!(books(&loaded), [5, 2, 0, 2, 1]);
    assert_eq!(books(&export().dated("2026-06-30", "date,event\n").load()), [0; 5]);
}

fn orders() -> World {
    World::new(&[("name", "string"), ("total", "decimal(9,2)"), ("sku", "string")])
        .column("total", |column| column.required = true)
        .with(|source| {
            source.fill_down =
                Some(FillDown { within: "name".to_owned(), columns: names(&["total"]) });
        })
}

#[test]
fn the_first_line_of_an_order_speaks_for_the_others() {
    let text = "name,total,sku\n#1001,10.00,a\n#1001,,b\n#1001, ,c\n#1002,\"5,\"\"x\",d\n#1002,,e\n\
                #1003,,f\n#1004,4,g\n,,h\n#1004,,i\n";
    for batch_rows in [1, 2, 8192] {
        let mut world = orders().file("orders.csv", text);
        world.batch_rows = batch_rows;
        let loaded = world.load();
        // The line without a number ends order 1004, and nothing fills 1003.
        assert_eq!(
            loaded.rows,
            ["#1001|10.00|a", "#1001|10.00|b", "#1001|10.00|c", "#1004|4.00|g"]
        );
        let raw: Vec<&str> =
            loaded.bad_rows.iter().map(|row| row.rsplit_once(": ").unwrap().0).collect();
        assert_eq!(
            raw,
            [
                "orders.csv:10: `total` is missing",
                "orders.csv:5: `total` is no decimal(9,2)",
                "orders.csv:6: `total` is no decimal(9,2)",
                "orders.csv:7: `total` is missing",
                "orders.csv:9: `total` is missing",
            ],
            "{batch_rows}"
        );
        assert_eq!(books(&loaded), [9, 4, 5, 0, 0]);
    }
    assert_eq!(books(&orders().file("empty.csv", "name,total,sku\n").load()), [0; 5]);
}

#[test]
fn filling_does_not_reach_into_the_next_file() {
    let loaded = orders()
        .file("a.csv", "name,total,sku\n#1,1,a\n")
        .file("b.csv", "sku,name,total\nb,#1,\nc,#2,2\nd,#2,\n")
        .load();
    assert_eq!(sorted(&loaded), ["#1|1.00|a", "#2|2.00|c", "#2|2.00|d"]);
    assert_eq!(loaded.bad_rows, ["b.csv:2: `total` is missing: b,#1,"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Deletes, said again as plainly as possible over rows of (id, changed, is deleted).
    #[test]
    fn deletes_agree_with_the_plain_rule(
        rows in prop::collection::vec((0..6u8, prop::option::of(0..4u8), any::<bool>()), 0..60),
        cut in 0..60usize,
        batch_rows in prop::sample::select(vec![1, 7, 8192]),
    ) {
        let line = |(id, changed, deleted): &(u8, Option<u8>, bool)| {
            let changed = changed.map(|at| at.to_string()).unwrap_or_default();
            format!("{id},{changed},x,{deleted}\n")
        };
        let (head, tail) = rows.split_at(cut.min(rows.len()));
        let text = |rows: &[_]| format!("{CUSTOMERS}{}", rows.iter().map(line).collect::<String>());
        let mut world =
            keyed(customers(&["true"])).file("a.csv", text(head)).file("b.csv", text(tail));
        world.batch_rows = batch_rows;
        let loaded = world.load();
        let alive: Vec<u8> = (0..6u8)
            .filter(|id| {
                // The highest of: a mark that nothing dates, then time, then (as text) the state.
                let versions = rows.iter().filter(|row| row.0 == *id);
                let latest = versions.max_by_key(|(_, changed, deleted)| {
                    (*deleted && changed.is_none(), *changed, *deleted)
                });
                latest.is_some_and(|(.., deleted)| !deleted)
            })
            .collect();
        let mut ids: Vec<u8> =
            loaded.rows.iter().map(|row| row[..1].parse().unwrap()).collect();
        ids.sort_unstable();
        prop_assert_eq!(ids, alive);
        prop_assert!(loaded.report.books.close());
    }
}
