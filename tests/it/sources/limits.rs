//! What no export is: records without end, nesting, bombs, values that are copied into many rows.
//! Each ends in a message with its place and a hint, or is set aside. `tests/tools/hostile.sh` shows
//! the same at full size, with the memory it takes.

use std::io::Read;

use datafusion::arrow::array::Array;
use journeymart::{
    config::{reading::Format, records::FillDown, source::OnBadCell},
    error::{Kind, codes},
};

use super::World;

/// Longer than any record may be.
const LONG: usize = 40 << 20;

fn packed(content: impl Read) -> Vec<u8> {
    zstd::encode_all(content, 1).unwrap()
}

fn of(format: Format) -> World {
    World::new(&[("id", "string")]).with(|source| {
        source.format = format;
        source.lines.pattern = "(?<id>.*)".to_owned();
    })
}

#[test]
fn a_line_without_end_is_given_up_in_every_format() {
    for (format, start, at) in [
        (Format::Csv, "id\n1\n\"", 5),
        (Format::Lines, "one\n", 4),
        (Format::Ndjson, "{\"id\": 1}\n", 10),
        (Format::Json, "[{\"id\": 1},\n{\"id\": \"", 10),
    ] {
        let content = start.as_bytes().chain(std::io::repeat(b'x').take(LONG as u64));
        let error = of(format).file("a.zst", packed(content)).error();
        assert_eq!((error.kind, error.diagnostics[0].code), (Kind::Failed, codes::MALFORMED));
        assert_eq!(
            error.to_string(),
            format!(
                "`a.zst` holds a record of more than 32 MiB at byte {at} (hint: is a quote never \
                 closed, or is this no text file?)"
            )
        );
    }
}

#[test]
fn deep_nesting_is_set_aside_with_its_line() {
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let lines = format!("{{\"id\": 1}}\n{{\"id\": {nested}}}\n{nested}\n{{\"id\": 2}}\n");
    let documents = format!("[{}]", lines.trim_end().replace('\n', ",\n"));
    for (format, text) in [(Format::Ndjson, lines), (Format::Json, documents)] {
        let loaded = of(format).file("a.json", &text).load();
        assert_eq!(loaded.rows, ["1", "2"]);
        assert_eq!(loaded.bad_rows.len(), 2);
        for (row, line) in loaded.bad_rows.iter().zip([2, 3]) {
            let start = format!("a.json:{line}: invalid JSON: nested more than 256 deep: ");
            assert!(row.starts_with(&start), "{}", &row[..80]);
        }
        let strict = of(format).with(|source| source.max_bad_ratio = 0.01).file("a.json", &text);
        let error = strict.error();
        assert_eq!((error.kind, error.diagnostics[0].code), (Kind::Budget, codes::BAD_CELLS));
        let first = "the first: a.json:2: invalid JSON: nested more than 256 deep";
        assert!(error.to_string().contains(first), "{error}");
    }
    // What lies beside the records is passed over, however deep.
    let envelope = format!("{{\"meta\": {nested}, \"items\": [{{\"id\": 1}}]}}");
    let world = of(Format::Json).with(|source| source.json.records = Some("items".to_owned()));
    assert_eq!(world.file("a.json", envelope).load().rows, ["1"]);
}

#[test]
fn a_cell_of_deep_json_is_bad() {
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let loaded = World::new(&[("json", "json"), ("list", "list<string>"), ("dug", "string")])
        .column("dug", |column| column.from = vec!["json[0].x".to_owned()])
        .file("a.csv", format!("json,list\n{nested},{nested}\n[],[]\n"))
        .load();
    assert_eq!(loaded.rows, ["∅|∅|∅", "[]|[]|∅"]);
    assert_eq!(loaded.report.books.cells_nulled, 3);
}

#[test]
fn bombs_are_named() {
    // Rows, so that no record is too long: a gigabyte in less than a megabyte.
    let row = format!("{}\n", "x".repeat((1 << 20) - 1));
    let rows = packed(row.repeat(1 << 6).as_bytes());
    let bomb = [packed(&b"id\n"[..]), rows.repeat(16)].concat();
    assert!(bomb.len() < 1 << 18, "{}", bomb.len());
    let error = of(Format::Csv).file("a.zst", bomb).error();
    assert_eq!((error.kind, error.diagnostics[0].code), (Kind::Failed, codes::MALFORMED));
    assert_eq!(
        error.to_string(),
        "`a.zst` unpacks to more than 1000 times its size (hint: no export does; if it is right, \
         unpack it yourself and load the result)"
    );
}

fn exploded(columns: &[(&str, &str)]) -> World {
    World::new(columns).with(|source| {
        source.format = Format::Ndjson;
        source.json.explode = Some("items".to_owned());
    })
}

#[test]
fn more_rows_than_memory_out_of_one_record_are_refused() {
    let names: Vec<String> = (0..40).map(|number| format!("c{number}")).collect();
    let columns: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "string")).collect();
    let record = |count: usize| format!("{{\"items\": [{}1]}}\n", "1,".repeat(count - 1));
    let text = [record(100_001), record(2)].concat();
    let loaded = exploded(&columns).file("a.ndjson", text).load();
    assert_eq!(loaded.rows.len(), 2);
    assert!(
        loaded.bad_rows[0].starts_with("a.ndjson:1: invalid JSON: more than 4000000 values"),
        "{}",
        &loaded.bad_rows[0][..80]
    );
}

#[test]
fn more_values_than_memory_in_one_cell_are_bad() {
    let fields: Vec<String> = (0..40).map(|number| format!("f{number}: string")).collect();
    let list = format!("list<struct<{}>>", fields.join(", "));
    let cell = |count: usize| format!("\"[{}{{}}]\"\n", "{},".repeat(count - 1));
    let loaded = World::new(&[("list", &list)])
        .file("a.csv", format!("list\n{}{}", cell(100_001), cell(1)))
        .load();
    assert_eq!(loaded.rows.len(), 2);
    assert_eq!(loaded.raw.column(0).null_count(), 1);
    assert_eq!(loaded.report.books.cells_nulled, 1);
}

#[test]
fn rows_out_of_one_record_keep_its_text_once() {
    let loaded = exploded(&[("id", "string"), ("sku", "string")])
        .column("sku", |column| {
            column.from = vec!["items.sku".to_owned()];
            column.required = true;
        })
        .file("a.ndjson", "{\"id\": 1, \"items\": [1, {\"sku\": \"a\"}, 2]}\n{\"items\": [3]}\n")
        .load();
    assert_eq!(loaded.rows, ["1|a"]);
    assert_eq!(
        loaded.bad_rows,
        [
            "a.ndjson:1: `sku` is no string: no object on its path: {\"id\": 1, \"items\": [1, {\"sku\": \"a\"}, 2]}",
            "a.ndjson:1: `sku` is no string: no object on its path: ∅",
            "a.ndjson:2: `sku` is no string: no object on its path: {\"items\": [3]}",
        ]
    );
}

#[test]
fn a_value_that_is_copied_without_end_stops_the_file() {
    let message = "the cells of 301 rows come to more than 256 MiB of text";
    let long = "x".repeat(1 << 20);
    let text = format!("{{\"id\": \"{long}\", \"items\": [{}1]}}\n", "1,".repeat(300));
    let error = exploded(&[("id", "string")]).file("a.ndjson", text).error();
    assert_eq!(error.diagnostics[0].code, codes::MALFORMED);
    assert!(error.to_string().starts_with(&format!("a.ndjson:1:1: {message}")), "{error}");
    assert!(error.to_string().contains("(hint: some value is repeated"), "{error}");
    let filled = World::new(&[("order", "string"), ("note", "string")])
        .with(|source| {
            source.fill_down =
                Some(FillDown { within: "order".to_owned(), columns: vec!["note".to_owned()] });
        })
        .file("a.csv", format!("order,note\n1,{long}\n{}", "1,\n".repeat(300)));
    let error = filled.error();
    assert!(error.to_string().starts_with(&format!("a.csv:2:1: {message}")), "{error}");
}

#[test]
fn a_long_value_is_cut_off_in_messages() {
    let world = |policy| {
        World::new(&[("n", "int64")])
            .with(|source| {
                source.max_bad_ratio = 0.0;
                source.on_bad_cell = policy;
            })
            .file("a.csv", format!("n\n{}\n", "é".repeat(1 << 20)))
    };
    let value = format!("`{}…` in `n` is no int64", "é".repeat(80));
    for policy in [OnBadCell::Null, OnBadCell::Fail] {
        let error = world(policy).error();
        assert_eq!(error.kind, Kind::Budget);
        assert!(error.to_string().contains(&value), "{}", &error.to_string()[..200]);
    }
}
