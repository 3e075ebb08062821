//! Values within values: arrays that become rows, JSON within cells, lists within cells.

use journeymart::config::{reading::Format, records::FillDown};

use super::World;

fn lines(columns: &[(&str, &str)]) -> World {
    World::new(columns).with(|source| {
        source.format = Format::Ndjson;
        source.json.explode = Some("lines.data".to_owned());
    })
}

#[test]
fn elements_become_rows_beside_their_record() {
    let columns = [
        ("id", "string"),
        ("number", "int64"),
        ("sku", "string"),
        ("cents", "int64"),
        ("line", "string"),
    ];
    let text = concat!(
        r#"{"id": "in_1", "lines": {"data": [{"price": {"sku": "a"}, "amount": 100}, {"amount": 7, "price": {}}]}}"#,
        "\n",
        r#"{"id": "in_2", "lines": {"data": []}}"#,
        "\n",
        r#"{"id": "in_3", "lines": {"data": ["plain"]}}"#,
        "\n",
        r#"{"id": "in_4"}"#,
        "\n",
        r#"{"id": "in_5", "lines": {"data": [{"amount": 1}, {"price": {"sku": "\ud83d"}}]}}"#,
        "\n",
    );
    let world = || {
        lines(&columns)
            .column("number", |column| column.from = vec!["lines.data[#]".to_owned()])
            .column("sku", |column| column.from = vec!["lines.data.price.sku".to_owned()])
            .column("cents", |column| column.from = vec!["lines.data.amount".to_owned()])
            .column("line", |column| column.from = vec!["lines.data".to_owned()])
    };
    let loaded = world().file("a.ndjson", text).load();
    assert_eq!(
        loaded.rows,
        [
            r#"in_1|1|a|100|{"price":{"sku":"a"},"amount":100}"#,
            r#"in_1|2|∅|7|{"amount":7,"price":{}}"#,
            "in_3|1|∅|∅|plain",
        ]
    );
    // Half a record is none: the element before the bad one goes with it.
    assert_eq!(loaded.bad_rows.len(), 1);
    assert!(loaded.bad_rows[0].starts_with("a.ndjson:5: invalid JSON"), "{:?}", loaded.bad_rows);
    assert_eq!(super::printed(&loaded.raw.project(&[6]).unwrap(), ""), ["1", "1", "3"]);
    // The same in one document, in chunks of one record.
    let mut world = world().with(|source| source.format = Format::Json);
    world.batch_rows = 1;
    let document = format!("[{}]", text.trim_end().replace('\n', ","));
    assert_eq!(world.file("a.json", document).load().rows.len(), 3);
}

#[test]
fn paths_reach_into_cells_that_hold_json() {
    let world = || {
        World::new(&[
            ("id", "string"),
            ("source", "string"),
            ("amount", "int64"),
            ("tag", "string"),
        ])
        .column("source", |column| column.from = vec!["properties.utm.source".to_owned()])
        .column("amount", |column| column.from = vec!["properties.amount".to_owned()])
        .column("tag", |column| column.from = vec!["tags[1].name".to_owned()])
    };
    let text = concat!(
        "id;properties;tags\n",
        r#"1;{"utm": {"source": "caf\u00e9"}, "amount": 5};[{"name": "a"}, {"name": "b"}]"#,
        "\n",
        r#"2;"{""amount"": ""x""}";[]"#,
        "\n",
        "3;;\n",
        "4;{not json};5\n",
    );
    let loaded = world().with(|source| source.csv.delimiter = b';').file("a.csv", text).load();
    assert_eq!(loaded.rows, ["1|café|5|b", "2|∅|∅|∅", "3|∅|∅|∅", "4|∅|∅|∅"]);
    assert_eq!(
        loaded.bad_cells,
        [
            "a.csv:3: amount: x: int64",
            "a.csv:5: amount: {not json}: int64",
            "a.csv:5: source: {not json}: string",
            "a.csv:5: tag: 5: string: no array on its path",
        ]
    );
    // A header that reads like the path is meant first.
    let loaded = World::new(&[("a", "string")])
        .column("a", |column| column.from = vec!["p.a".to_owned()])
        .file("b.csv", "p,p.a\n{},plain\n")
        .load();
    assert_eq!(loaded.rows, ["plain"]);
}

#[test]
fn what_is_no_array_is_quarantined_and_the_books_close() {
    let text = concat!(
        r#"{"id":1,"items":[{"sku":"a"},{"sku":"b"}]}"#,
        "\n",
        r#"{"id":2,"items":{"sku":"b"}}"#,
        "\n",
        r#"{"id":3,"items":"x"}"#,
        "\n",
        r#"{"id":4,"items":null}"#,
        "\n",
        r#"{"id":5}"#,
        "\n",
    );
    let world = || {
        World::new(&[("id", "int64"), ("sku", "string")])
            .column("sku", |column| column.from = vec!["items.sku".to_owned()])
            .with(|source| {
                source.format = Format::Ndjson;
                source.json.explode = Some("items".to_owned());
            })
    };
    let loaded = world().file("a.ndjson", text).load();
    assert_eq!(loaded.rows, ["1|a", "1|b"]);
    assert_eq!(
        loaded.bad_rows,
        [
            r#"a.ndjson:2: `items` is no array: {"id":2,"items":{"sku":"b"}}"#,
            r#"a.ndjson:3: `items` is no array: {"id":3,"items":"x"}"#,
        ]
    );
    let books = loaded.report.books;
    assert_eq!((books.rows_read, books.rows_loaded, books.rows_quarantined), (4, 2, 2));
    // The same in one document.
    let document = format!("[{}]", text.trim_end().replace('\n', ","));
    let loaded = world().with(|source| source.format = Format::Json).file("a.json", document);
    assert_eq!(loaded.load().report.books, books);
}

#[test]
fn what_is_in_the_way_of_a_path_is_a_bad_cell() {
    let world = || {
        World::new(&[("uid", "string"), ("b", "int64")])
            .column("uid", |column| column.from = vec!["user.id".to_owned()])
            .column("b", |column| column.from = vec!["js.a.b".to_owned()])
            .with(|source| source.format = Format::Ndjson)
    };
    let text = concat!(
        r#"{"user":{"id":"u1"},"js":"{\"a\":{\"b\":1}}"}"#,
        "\n",
        r#"{"user":"u2","js":{"a":{"b":2}}}"#,
        "\n",
        r#"{"user":["u3"],"js":"{\"a\":[3]}"}"#,
        "\n",
        r#"{"user":null,"js":""}"#,
        "\n",
        r#"{}"#,
        "\n",
    );
    let loaded = world().file("a.ndjson", text).load();
    assert_eq!(loaded.rows, ["u1|1", "∅|2", "∅|∅", "∅|∅", "∅|∅"]);
    assert_eq!(
        loaded.bad_cells,
        [
            "a.ndjson:2: uid: u2: string: no object on its path",
            "a.ndjson:3: b: [3]: int64: no object on its path",
            r#"a.ndjson:3: uid: ["u3"]: string: no object on its path"#,
        ]
    );
    assert_eq!(loaded.report.books.cells_nulled, 3);
    assert_eq!(loaded.report.books.rows_with_nulled_cells, 2);
    // Another path of the column reads it.
    let either = world()
        .column("uid", |column| column.from = vec!["user.id".to_owned(), "user".to_owned()])
        .file("a.ndjson", text)
        .load();
    assert_eq!(either.rows[..3], ["u1|1", "u2|2", "[\"u3\"]|∅"]);
    assert_eq!(either.report.books.cells_nulled, 1);
    // Where the column must not be null, the row is quarantined.
    let strict = world()
        .column("uid", |column| column.required = true)
        .file("a.ndjson", "{\"user\":\"u2\"}\n")
        .load();
    let reason = "a.ndjson:1: `uid` is no string: no object on its path: {\"user\":\"u2\"}";
    assert_eq!(strict.bad_rows, [reason]);
}

#[test]
fn a_bad_cell_that_is_filled_down_stays_bad() {
    let mut world = World::new(&[("order", "string"), ("user", "string")])
        .column("user", |column| column.from = vec!["user.id".to_owned()])
        .with(|source| {
            source.format = Format::Ndjson;
            source.fill_down =
                Some(FillDown { within: "order".to_owned(), columns: vec!["user".to_owned()] });
        })
        .file("a.ndjson", "{\"order\":1,\"user\":\"u2\"}\n{\"order\":1}\n");
    world.batch_rows = 1;
    let loaded = world.load();
    assert_eq!(loaded.rows, ["1|∅", "1|∅"]);
    assert_eq!(loaded.report.books.cells_nulled, 2);
}

#[test]
fn lists_within_cells_are_parted() {
    let loaded = World::new(&[("ids", "list<int64>"), ("tags", "list<string>")])
        .column("ids", |column| column.split = Some(";".to_owned()))
        .column("tags", |column| column.split = Some(", ".to_owned()))
        .file("a.csv", "ids,tags\n9002;9999 ;,\"a, b\"\n,\n7,c\n1;x,\n")
        .load();
    assert_eq!(loaded.rows, ["[9002, 9999]|[a, b]", "[7]|[c]", "∅|∅"]);
    assert_eq!(loaded.bad_cells, ["a.csv:5: ids: 1;x: list<int64>"]);
}
