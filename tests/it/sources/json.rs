//! JSON as companies export it.

use journeymart::{
    config::reading::Format,
    error::{Kind, codes},
};

use super::World;

fn lines(columns: &[(&str, &str)]) -> World {
    World::new(columns).with(|source| source.format = Format::Ndjson)
}

fn document(columns: &[(&str, &str)], records: Option<&str>) -> World {
    World::new(columns).with(|source| {
        source.format = Format::Json;
        source.json.records = records.map(str::to_owned);
    })
}

#[test]
fn numbers_are_text_as_written_and_late_keys_are_found() {
    let mut text = String::new();
    for id in 0..30_000u64 {
        text.push_str(&format!("{{\"id\": {}}}\n", 9_007_199_254_740_993 + id));
    }
    text.push_str("{\"amount\": 0.10, \"late\": {\"b\": [1.0, \"x y\"]}, \"id\": \"last\"}");
    let loaded = lines(&[("id", "string"), ("amount", "string"), ("late", "json")])
        .file("a.ndjson", text)
        .load();
    assert_eq!(loaded.rows[0], "9007199254740993|∅|∅");
    assert_eq!(loaded.rows[30_000], "last|0.10|{\"b\":[1.0,\"x y\"]}");
}

#[test]
fn one_key_of_two_types_and_objects_as_text() {
    let loaded = lines(&[("v", "string"), ("n", "int64"), ("b", "bool")])
        .file(
            "a.ndjson",
            "{\"v\": 1, \"n\": \"7\", \"b\": true}\n{\"v\": \"one\", \"n\": 8, \"b\": 0}\r\n\n",
        )
        .file(
            "b.ndjson",
            "{\"v\": {\"a\": [ ]}, \"n\": null, \"b\": \"no\"}\n{\"v\": false, \"n\": 1.5}\n",
        )
        .load();
    let mut rows = loaded.rows;
    rows.sort();
    assert_eq!(rows, ["1|7|true", "false|∅|∅", "one|8|false", "{\"a\":[]}|∅|false"]);
    assert_eq!(loaded.bad_cells, ["b.ndjson:2: n: 1.5: int64"]);
}

#[test]
fn ga4_parameters_are_coalesced_over_their_slots() {
    let event = |slot: &str| {
        format!(
            "{{\"event_timestamp\":\"1617691790431476\",\"event_params\":[{{\"key\":\"ga_session_id\",\
             \"value\":{{{slot}}}}},{{\"key\":\"page_location\",\"value\":{{\"string_value\":\
             \"https:\\/\\/x.nl\\/?a\\u003d1\"}}}}]}}\n"
        )
    };
    let text = [
        event("\"int_value\":\"90\""),
        event("\"string_value\":null,\"int_value\":null,\"float_value\":null,\"double_value\":91"),
        event("\"string_value\":\"92\""),
    ]
    .concat();
    let from = |path: &'static str| {
        move |column: &mut journeymart::config::source::Column| column.from = vec![path.to_owned()]
    };
    let loaded = lines(&[("at", "timestamp"), ("session", "string"), ("page", "string")])
        .column("at", |column| {
            column.from = vec!["event_timestamp".to_owned()];
            column.epoch = Some(journeymart::config::source::EpochUnit::Us);
        })
        .column("session", from("event_params[key=ga_session_id].value.*"))
        .column("page", from("event_params[key=page_location].value.*"))
        .file("a.ndjson", text)
        .load();
    // date -u -d @1617691790
    let expected = ["90", "91", "92"]
        .map(|session| format!("2021-04-06T06:49:50.431476Z|{session}|https://x.nl/?a=1"));
    assert_eq!(loaded.rows, expected);
}

#[test]
fn arrays_envelopes_and_pretty_documents() {
    let columns: &[(&str, &str)] = &[("id", "int64"), ("tags", "list<string>")];
    let records =
        "{\"id\": 1, \"tags\": [\"a]\", \"b\\\"}\"]},\n {\"id\": 2},\n\n{\"id\": 3, \"tags\": []}";
    let expected = ["1|[a], b\"}]", "2|∅", "3|[]"];
    let array = document(columns, None).file("a.json", format!(" [ {records} ] \n")).load();
    assert_eq!(array.rows, expected);
    let stream = document(columns, None)
        .file("b.json", "{\n  \"id\": 1\n}\n{\n  \"id\": 2,\n  \"tags\": null\n}\n")
        .load();
    assert_eq!(stream.rows, ["1|∅", "2|∅"]);
    let lines = super::printed(&stream.raw.project(&[3]).unwrap(), "");
    assert_eq!(lines, ["1", "4"]);
    let envelope = format!(
        "{{\"count\": 3, \"meta\": {{\"tickets\": [9]}}, \"page\": {{\"more\": null, \"tickets\": [{records}]}}, \"end\": true}}"
    );
    let paged = document(columns, Some("page.tickets"));
    assert_eq!(paged.file("c.json", &envelope).load().rows, expected);
    let pages = document(columns, Some("page.tickets")).file("d.json", format!("[{envelope}]"));
    assert_eq!(pages.load().rows, expected);
    let alone = document(columns, Some("data.ticket"));
    let text = "{\"data\": {\"ticket\": {\"id\": 7, \"tags\": [\"x}\"]}, \"other\": {\"id\": 8}}}";
    assert_eq!(alone.file("f.json", text).load().rows, ["7|[x}]"]);
    let nothing = document(columns, None).file("e.json", "[]").load();
    assert_eq!(nothing.report.books.rows_read, 0);
}

#[test]
fn records_that_are_no_objects_are_quarantined() {
    let deep = format!("{{\"id\": {}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let text =
        format!("{{\"id\": 1}}\n{{\"id\": 2\n[3]\n{deep}\n{{\"id\": \"\\ud800\"}}\n{{\"id\": 6}}");
    let loaded = lines(&[("id", "string")]).file("a.ndjson", &text).load();
    assert_eq!(loaded.rows, ["1", "6"]);
    let reasons: Vec<&str> = loaded
        .bad_rows
        .iter()
        .map(|row| row.rsplit_once(": {").map_or(&**row, |(at, _)| at))
        .collect();
    assert_eq!(
        reasons,
        [
            "a.ndjson:2: invalid JSON: the record ends inside a value",
            "a.ndjson:3: not a JSON object: [3]",
            "a.ndjson:4: invalid JSON: nested more than 256 deep",
            "a.ndjson:5: invalid JSON: an escaped surrogate without its other half",
        ]
    );
    let loaded = document(&[("id", "int64")], None)
        .column("id", |column| column.required = true)
        .file("b.json", "[\n{\"id\": 1}, 7,\n{\n  \"x\": \"a  b\"\n}]")
        .load();
    assert_eq!(loaded.rows, ["1"]);
    assert_eq!(
        loaded.bad_rows,
        ["b.json:2: not a JSON object: 7", "b.json:3: `id` is missing: {\"x\":\"a  b\"}"]
    );
}

#[test]
fn documents_that_end_early_or_hold_something_else_stop() {
    for (text, records, code, message) in [
        (
            "[{\"id\": 1}, {\"id\": 2",
            None,
            codes::TRUNCATED,
            "`a.json` ends within a JSON document",
        ),
        ("[{\"id\": 1},", None, codes::TRUNCATED, "`a.json` ends within a JSON document"),
        ("{\"items\": []}", Some("tickets"), codes::MALFORMED, "`a.json` holds no array `tickets`"),
        ("[1]\n<html>", None, codes::MALFORMED, "a.json:2:1: `<` is not expected here"),
        ("{\"tickets\" 1}", Some("tickets"), codes::MALFORMED, "a.json:1:1: `1` is not expected"),
    ] {
        let error = document(&[("id", "int64")], records).file("a.json", text).error();
        assert_eq!((error.kind, error.diagnostics[0].code), (Kind::Failed, code), "{text}");
        assert!(error.to_string().starts_with(message), "{text}: {error}");
    }
}

#[test]
fn invalid_utf_8_stops_at_its_byte() {
    let error = lines(&[("id", "string")])
        .file("a.ndjson", b"{\"id\": \"ok\"}\n{\"id\": \"\xe9\"}\n")
        .error();
    // The first line takes 13 bytes, `{"id": "` 8.
    assert!(error.to_string().starts_with("`a.ndjson` is not valid utf-8: byte 21"), "{error}");
    assert_eq!(error.diagnostics[0].code, codes::ENCODING);
}
