//! Values within values: arrays that become rows, JSON within cells, lists within cells.

use journeymart::config::reading::Format;

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
fn lists_within_cells_are_parted() {
    let loaded = World::new(&[("ids", "list<int64>"), ("tags", "list<string>")])
        .column("ids", |column| column.split = Some(";".to_owned()))
        .column("tags", |column| column.split = Some(", ".to_owned()))
        .file("a.csv", "ids,tags\n9002;9999 ;,\"a, b\"\n,\n7,c\n1;x,\n")
        .load();
    assert_eq!(loaded.rows, ["[9002, 9999]|[a, b]", "[7]|[c]", "∅|∅"]);
    assert_eq!(loaded.bad_cells, ["a.csv:5: ids: 1;x: list<int64>"]);
}
