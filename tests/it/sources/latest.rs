//! Versions of records: the latest stays, whatever the files and their order.

use proptest::prelude::*;

use super::World;

fn contacts() -> World {
    World::new(&[
        ("id", "string"),
        ("changed_at", "timestamp"),
        ("name", "string"),
        ("score", "int64"),
    ])
    .with(|source| {
        source.key = vec!["id".to_owned()];
        source.order_by = vec!["changed_at".to_owned()];
    })
}

const HEADER: &str = "id,changed_at,name,score\n";

#[test]
fn the_latest_version_stays_and_the_books_say_so() {
    let loaded = contacts()
        .file("a.csv", format!("{HEADER}1,2026-01-01T00:00Z,old,1\n2,,undated,1\n1,2026-01-03T00:00Z,new,1\n"))
        .file("b.csv", format!("{HEADER}1,2026-01-02T00:00Z,middle,1\n2,1999-01-01T00:00Z,dated,1\n3,,only,\n,2026-01-01T00:00Z,no key,1\n"))
        .load();
    let mut rows = loaded.rows.clone();
    rows.sort();
    assert_eq!(
        rows,
        ["1|2026-01-03T00:00:00Z|new|1", "2|1999-01-01T00:00:00Z|dated|1", "3|∅|only|∅"]
    );
    let books: Vec<_> = loaded
        .report
        .files
        .iter()
        .map(|report| {
            let books = report.books;
            (
                &*report.file,
                books.rows_read,
                books.rows_loaded,
                books.rows_superseded,
                books.rows_quarantined,
            )
        })
        .collect();
    assert_eq!(books, [("a.csv", 3, 1, 2, 0), ("b.csv", 4, 2, 1, 1)]);
    assert_eq!(loaded.bad_rows, ["b.csv:5: `id` is missing: ,2026-01-01T00:00Z,no key,1"]);
}

#[test]
fn equal_versions_are_decided_by_the_other_columns() {
    let at = "2026-01-01T00:00Z";
    let rows = [
        format!("1,{at},b,\n"),
        format!("1,{at},b,7\n"),
        format!("1,{at},a,9\n"),
        format!("1,{at},,9\n"),
    ];
    // Highest name, then highest score, nulls last.
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let text: String = order.iter().map(|row: &usize| rows[*row].as_str()).collect();
        let loaded = contacts().file("a.csv", format!("{HEADER}{text}")).load();
        assert_eq!(loaded.rows, ["1|2026-01-01T00:00:00Z|b|7"]);
    }
    // Without a key nothing says that equal rows are one.
    let twice = format!("{HEADER}1,{at},b,1\n1,{at},b,1\n");
    let kept = contacts().with(|source| source.key.clear()).file("a.csv", twice).load();
    assert_eq!(kept.rows.len(), 2);
}

#[test]
fn quarantine_follows_the_content_of_the_files() {
    let names = [["a.csv", "b.csv", "c.csv"], ["z.csv", "y.csv", "x.csv"]];
    let lines = names.map(|names| {
        let mut world = contacts();
        for (name, content) in names.iter().zip(["one", "two", "three"]) {
            let rows: String = (0..50).map(|row| format!(",,{content} {row},\n")).collect();
            world = world.file(name, format!("{HEADER}{rows}"));
        }
        world.threads = 3;
        world.batch_rows = 7;
        let raw = |line: &String| line.rsplit_once(": ").unwrap().1.to_owned();
        world.load().bad_rows_as_written.iter().map(raw).collect::<Vec<_>>()
    });
    assert_eq!(lines[0].len(), 150);
    assert_eq!(lines[0], lines[1]);
}

#[test]
fn nested_columns_decide_too() {
    let world = || {
        World::new(&[("id", "int64"), ("lines", "list<struct<sku: string, n: int64>>")]).with(
            |source| {
                source.key = vec!["id".to_owned()];
                source.format = journeymart::config::reading::Format::Ndjson;
            },
        )
    };
    let (one, two) = (
        "{\"id\":1,\"lines\":[{\"sku\":\"a\",\"n\":1}]}\n",
        "{\"id\":1,\"lines\":[{\"sku\":\"a\",\"n\":2}]}\n",
    );
    for text in [format!("{one}{two}"), format!("{two}{one}")] {
        assert_eq!(world().file("a.ndjson", text).load().rows, ["1|[{sku: a, n: 2}]"]);
    }
}

/// Loads the rows cut into files at `cuts`.
fn split(
    rows: &[String],
    cuts: &[usize],
    threads: usize,
    batch_rows: usize,
    key: bool,
) -> super::Loaded {
    let mut world = contacts();
    if !key {
        world.source.key.clear();
    }
    let mut start = 0;
    for (number, end) in cuts.iter().chain([&rows.len()]).enumerate() {
        let end = (*end).clamp(start, rows.len());
        let text: String = rows[start..end].concat();
        // Names run against the order of the rows.
        world = world.file(&format!("{:03}.csv", 999 - number), format!("{HEADER}{text}"));
        start = end;
    }
    world.threads = threads;
    world.batch_rows = batch_rows;
    world.load()
}

fn rows() -> impl Strategy<Value = Vec<String>> {
    let row = (0..40u32, 0..4u32, "[ab]?", prop::option::of(0..3u32)).prop_map(
        |(id, day, name, score)| {
            let at = if day == 0 { String::new() } else { format!("2026-01-0{day}T00:00Z") };
            format!(
                "{id},{at},{name},{}\n",
                score.map(|score| score.to_string()).unwrap_or_default()
            )
        },
    );
    prop::collection::vec(row, 1..300)
}

/// The rule, said again as plainly as possible: fields that are empty count lowest.
fn expected(rows: &[String]) -> Vec<String> {
    let mut best: std::collections::BTreeMap<u32, Vec<String>> = Default::default();
    for row in rows {
        let fields: Vec<String> = row.trim_end().split(',').map(str::to_owned).collect();
        let known = best.entry(fields[0].parse().unwrap()).or_insert_with(|| fields.clone());
        if fields > *known {
            *known = fields;
        }
    }
    let shown = |text: &String| if text.is_empty() { "∅".to_owned() } else { text.clone() };
    let mut rows: Vec<String> = best
        .into_values()
        .map(|fields| {
            let at = shown(&fields[1].replace("T00:00Z", "T00:00:00Z"));
            [fields[0].clone(), at, shown(&fields[2]), shown(&fields[3])].join("|")
        })
        .collect();
    rows.sort();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shuffles_and_splits_change_nothing(
        (rows, shuffled) in rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        cuts in prop::collection::vec(0..300usize, 0..5).prop_map(|mut cuts| { cuts.sort(); cuts }),
        threads in 1..4usize,
        batch_rows in prop::sample::select(vec![1, 7, 8192]),
    ) {
        let whole = split(&rows, &[], 1, 8192, true);
        let other = split(&shuffled, &cuts, threads, batch_rows, true);
        prop_assert_eq!(&whole.rows, &other.rows);
        let mut sorted = whole.rows;
        sorted.sort();
        prop_assert_eq!(sorted, expected(&rows));
        prop_assert_eq!(whole.report.books, other.report.books);
    }

    #[test]
    fn without_a_key_order_follows_content_alone(
        rows in rows(),
        cuts in prop::collection::vec(0..300usize, 0..5).prop_map(|mut cuts| { cuts.sort(); cuts }),
    ) {
        let first = split(&rows, &cuts, 1, 8192, false);
        let again = split(&rows, &cuts, 3, 7, false);
        prop_assert_eq!(first.rows, again.rows);
        prop_assert_eq!(first.raw.columns().last(), again.raw.columns().last());
    }
}
