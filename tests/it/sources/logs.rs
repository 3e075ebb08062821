//! Access logs: lines that a pattern takes apart.

use journeymart::{config::reading::Format, error::codes};

use super::World;

/// The combined log format of Apache and nginx.
const COMBINED: &str = r#"(?<ip>\S+) \S+ (?<user>\S+) \[(?<at>[^\]]+)\] "(?<method>[A-Z]+) (?<path>\S+)[^"]*" (?<status>\d{3}) (?<size>\d+|-)(?: "(?<referrer>[^"]*)" "(?<agent>[^"]*)")?"#;

fn log() -> World {
    World::new(&[
        ("at", "timestamp"),
        ("ip", "string"),
        ("path", "string"),
        ("status", "int64"),
        ("size", "int64"),
        ("agent", "string"),
    ])
    .column("at", |column| column.formats = vec!["%d/%b/%Y:%H:%M:%S %z".to_owned()])
    .column("size", |column| column.nulls.push("-".to_owned()))
    .with(|source| {
        source.format = Format::Lines;
        source.lines.pattern = COMBINED.to_owned();
    })
}

#[test]
fn groups_are_columns_and_lines_that_differ_are_kept() {
    let text = "83.149.9.216 - - [17/May/2015:10:05:03 +0000] \"GET /x?a=b HTTP/1.1\" 200 203023 \
                \"http://s.com/\" \"Mozilla/5.0 (X11)\"\r\n\
                \r\n\
                10.0.0.1 - frank [17/May/2015:12:05:03 +0200] \"POST /y HTTP/1.0\" 304 -\r\n\
                10.0.0.2 - - [17/May/2015:10:05:43 +0000] \"GET /z HTTP/1.1\" 200 1 \"-\" \"cut \
                off\r\n\
                garbage\r\n";
    let loaded = log().file("access.log", text).load();
    assert_eq!(
        loaded.rows,
        [
            "2015-05-17T10:05:03Z|83.149.9.216|/x?a=b|200|203023|Mozilla/5.0 (X11)",
            "2015-05-17T10:05:03Z|10.0.0.1|/y|304|∅|∅",
        ]
    );
    assert_eq!(loaded.bad_rows.len(), 2);
    assert!(loaded.bad_rows[0].starts_with("access.log:4: does not match the pattern: 10.0.0.2"));
    assert_eq!(loaded.bad_rows[1], "access.log:5: does not match the pattern: garbage");
    assert_eq!(loaded.report.books.rows_read, 4);
    assert!(log().file("empty.log", "").load().rows.is_empty());
}

#[test]
fn a_pattern_matches_whole_lines_and_names_every_column() {
    let world = |pattern: &str| {
        World::new(&[("ip", "string")]).with(|source| {
            source.format = Format::Lines;
            source.lines.pattern = pattern.to_owned();
        })
    };
    let loaded = world(r"(?<ip>[\d.]+)").file("a.log", "10.0.0.1\n10.0.0.1 and more\n").load();
    assert_eq!((loaded.rows.len(), loaded.bad_rows.len()), (1, 1));
    let error = world(r"(?<address>\S+)").file("a.log", "10.0.0.1\n").error();
    assert_eq!(error.diagnostics[0].code, codes::HEADER_MISSING);
    let latin =
        world(r"(?<ip>.*)").with(|source| source.lines.encoding = "windows-1252".to_owned());
    assert_eq!(latin.file("a.log", b"caf\xe9\n").load().rows, ["café"]);
    let error = world(r"(?<ip>.*)").file("a.log", b"caf\xe9\n").error();
    assert_eq!(error.diagnostics[0].code, codes::ENCODING);
}
