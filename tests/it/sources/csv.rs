//! Delimited text as companies export it.

use std::io::Write;

use journeymart::{
    config::{
        drift::MissingColumn,
        reading::Names,
        source::{Ambiguous, Nonexistent, OnBadCell},
    },
    error::{Kind, codes},
};

use super::{World, header};

fn orders() -> World {
    World::new(&[("order_id", "string"), ("amount", "decimal(18,2)"), ("email", "string")])
}

#[test]
fn reordered_columns_between_two_files_land_in_their_own() {
    let loaded = World::new(&[("email", "string"), ("phone", "string"), ("zip", "string")])
        .file("a.csv", "email,phone,zip\na@x.nl,0612345678,0123\n")
        .file("b.csv", "Email,ZIP,Phone\nb@x.nl,1234 AB,0687654321\n")
        .load();
    let mut rows = loaded.rows;
    rows.sort();
    assert_eq!(rows, ["a@x.nl|0612345678|0123", "b@x.nl|0687654321|1234 AB"]);
}

#[test]
fn a_column_that_a_file_may_lack_is_null_in_it() {
    let world = || {
        World::new(&[("id", "string"), ("email", "string"), ("city", "string")])
            .file("a.csv", "id,email,city\n1,a@x.nl,Breda\n")
            .file("b.csv", "city,id\nDelft,2\n")
    };
    let error = world().error();
    assert_eq!(error.diagnostics[0].code, codes::HEADER_MISSING);
    let mut rows = world().with(|source| source.drift.missing = MissingColumn::Accept).load().rows;
    rows.sort();
    assert_eq!(rows, ["1|a@x.nl|Breda", "2|∅|Delft"]);
}

#[test]
fn quoted_newlines_never_split_a_record() {
    let record = |number: u32| format!("{number},\"first line\nsecond, line {number}\"\r\n");
    let text: String = (0..60_000).map(record).collect();
    for threads in [1, 2, 8] {
        let mut world = World::new(&[("id", "int64"), ("note", "string")])
            .file("a.csv", format!("id,note\n{text}"));
        world.threads = threads;
        let loaded = world.load();
        assert_eq!(loaded.report.books.rows_read, 60_000);
        assert_eq!(loaded.rows[59_999], "59999|first line\nsecond, line 59999");
    }
}

#[test]
fn gzip_and_plain_files_of_one_folder_both_load() {
    let gzip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    // Two members in one file, as `cat a.gz b.gz` makes; a name without a telling extension.
    let members =
        [gzip("order_id,amount,email\n1,1.00,a@x.nl\n"), gzip("2,2.00,b@x.nl\n")].concat();
    let loaded = orders()
        .file("c", &members)
        .file("d.csv", "order_id,amount,email\n3,3.00,c@x.nl\n")
        .file("e.csv.zst", zstd::encode_all(&b"order_id,amount,email\n4,4.00,\n"[..], 1).unwrap())
        .load();
    let mut rows = loaded.rows;
    rows.sort();
    assert_eq!(rows, ["1|1.00|a@x.nl", "2|2.00|b@x.nl", "3|3.00|c@x.nl", "4|4.00|∅"]);
    let error = orders().file("c.csv.gz", &members[..members.len() - 5]).error();
    assert_eq!((error.kind, error.diagnostics[0].code), (Kind::Failed, codes::TRUNCATED));
    assert!(error.to_string().starts_with("`c.csv.gz` ends before"), "{error}");
}

#[test]
fn null_markers_and_identifiers() {
    let loaded = World::new(&[("id", "string"), ("score", "int64"), ("zip", "string")])
        .column("score", |column| column.nulls.extend(["#N/A".to_owned(), "-99".to_owned()]))
        .file("a.csv", "id,score,zip\n00017,#N/A,0123\n00018,-99,\"\"\n00019,7,\n")
        .load();
    assert_eq!(loaded.rows, ["00017|∅|0123", "00018|∅|∅", "00019|7|∅"]);
    assert_eq!(loaded.report.books.cells_nulled, 0);
}

#[test]
fn a_file_with_nothing_but_a_header_keeps_its_types() {
    let loaded = orders().file("a.csv", "order_id,amount,email").load();
    assert_eq!(loaded.raw.num_rows(), 0);
    assert_eq!(loaded.raw.column(1).data_type().to_string(), "Decimal128(18, 2)");
    let error = orders().file("b.csv", "").error();
    assert_eq!(error.diagnostics[0].code, codes::HEADER_MISSING);
    assert!(error.to_string().starts_with("`b.csv` is empty"), "{error}");
}

#[test]
fn headers_that_fold_alike_or_are_lost_name_file_and_nearest() {
    let error = orders()
        .file("a.csv", "Order ID,order_id,amount,email\n1,1,1,a\n")
        .file("b.csv", "order_id,amounts,email\n1,1,a\n")
        .file("c.csv", "order_id,amount,email\n1,1,a\n")
        .error();
    let messages: Vec<String> = error.diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "`a.csv` has two columns named alike: `Order ID` and `order_id` (hint: names are \
             compared without case and punctuation; rename one in the export, or declare \
             `repeated_names: number`)",
            "`b.csv` has no column `amount` for `amount` (hint: did you mean `amounts`? declare \
             `from: amounts`)",
        ]
    );
    assert_eq!(error.diagnostics[0].code, codes::HEADER_AMBIGUOUS);
    assert_eq!(error.diagnostics[1].code, codes::HEADER_MISSING);
}

#[test]
fn ragged_rows_and_bad_cells_are_kept_with_their_lines() {
    let text = "order_id,amount,email\n\
                1,1.00,\"two\nlines\"\n\
                2,1.0O,a@x.nl\n\
                3,1.00\n\
                4,1.00,b@x.nl,extra\n\
                ,9.99,\"lost, id\"\n\
                \"6\"x,1,\n\
                \n\
                7,12345678901234567890,c@x.nl\n";
    let loaded =
        orders().column("order_id", |column| column.required = true).file("a.csv", text).load();
    assert_eq!(loaded.rows, ["1|1.00|two\nlines", "2|∅|a@x.nl", "7|∅|c@x.nl"]);
    assert_eq!(
        loaded.bad_rows,
        [
            "a.csv:5: 2 fields instead of 3: 3,1.00",
            "a.csv:6: 4 fields instead of 3: 4,1.00,b@x.nl,extra",
            "a.csv:7: `order_id` is missing: ,9.99,\"lost, id\"",
            "a.csv:8: text after a closing quote: \"6\"x,1,",
        ]
    );
    assert_eq!(
        loaded.bad_cells,
        [
            "a.csv:10: amount: 12345678901234567890: decimal(18,2): out of range",
            "a.csv:4: amount: 1.0O: decimal(18,2)",
        ]
    );
    let books = loaded.report.books;
    assert_eq!((books.rows_read, books.rows_quarantined, books.cells_nulled), (7, 4, 2));
    assert_eq!(
        loaded.report.files[0].example.as_deref(),
        Some("a.csv:4: `1.0O` in `amount` is no decimal(18,2)")
    );
}

#[test]
fn on_bad_cell_decides_between_cell_row_and_stop() {
    let world = |policy| {
        World::new(&[("id", "int64"), ("day", "date")])
            .with(|source| source.on_bad_cell = policy)
            .file("a.csv", "id,day\n1,2026-02-28\n2,2026-02-30\n")
    };
    assert_eq!(world(OnBadCell::Null).load().rows, ["1|2026-02-28", "2|∅"]);
    let loaded = world(OnBadCell::QuarantineRow).load();
    assert_eq!(loaded.rows, ["1|2026-02-28"]);
    assert_eq!(loaded.bad_rows, ["a.csv:3: `day` is no date: 2,2026-02-30"]);
    assert!(loaded.bad_cells.is_empty());
    let error = world(OnBadCell::Fail).error();
    assert_eq!(error.kind, Kind::Budget);
    assert_eq!(error.to_string(), "a.csv:3:1: `2026-02-30` in `day` is no date");
}

#[test]
fn a_budget_that_is_exceeded_names_the_first_fault() {
    let error = World::new(&[("id", "int64")])
        .with(|source| source.max_bad_ratio = 0.3)
        .file("a.csv", "id\n1\nx\n3\ny\n")
        .error();
    assert_eq!((error.kind, error.diagnostics[0].code), (Kind::Budget, codes::BAD_CELLS));
    assert!(error.to_string().contains("the first: a.csv:3: `x` in `id` is no int64"), "{error}");
}

#[test]
fn windows_1252_with_semicolons_and_decimal_commas() {
    let text = b"sep=;\r\nOrder;Bedrag;Klant;Datum;Nieuw\r\n\
                 00017;1.234,50;Caf\xe9 \x80;29-03-2026 14:05;WAAR\r\n\
                 00018;-0,5;;01-01-2026 00:00;ONWAAR\r\n";
    let world = World::new(&[
        ("order", "string"),
        ("bedrag", "decimal(18,4)"),
        ("klant", "string"),
        ("datum", "timestamp"),
        ("nieuw", "bool"),
    ])
    .column("bedrag", |column| {
        column.decimal = ',';
        column.thousands = Some('.');
    })
    .column("datum", |column| {
        column.formats = vec!["%d-%m-%Y %H:%M".to_owned()];
        column.timezone = "Europe/Amsterdam".to_owned();
    })
    .column("nieuw", |column| {
        column.true_values = vec!["WAAR".to_owned()];
        column.false_values = vec!["ONWAAR".to_owned()];
    })
    .file("a.csv", text);
    let error = world.error();
    assert_eq!(error.diagnostics[0].code, codes::ENCODING);
    // `sep=;` and the header take 7 + 32 bytes, `00017;1.234,50;Caf` 18.
    assert_eq!(
        error.to_string(),
        "`a.csv` is not valid utf-8: byte 57 (after decompression) (hint: if the export comes from \
         Excel or an older system, declare `encoding: windows-1252`)"
    );
    let loaded = world.with(|source| source.csv.encoding = "windows-1252".to_owned()).load();
    assert_eq!(
        loaded.rows,
        [
            "00017|1234.5000|Café €|2026-03-29T12:05:00Z|true",
            "00018|-0.5000|∅|2025-12-31T23:00:00Z|false",
        ]
    );
}

#[test]
fn clocks_set_forward_and_back() {
    let world = || {
        World::new(&[("at", "timestamp")])
            .column("at", |column| column.timezone = "Europe/Amsterdam".to_owned())
            .file("a.csv", "at\n2026-03-29 02:30:00\n2026-10-25 02:30:00\n")
    };
    assert_eq!(world().load().rows, ["2026-03-29T01:00:00Z", "2026-10-25T00:30:00Z"]);
    let latest = world().column("at", |column| column.ambiguous = Ambiguous::Latest).load();
    assert_eq!(latest.rows, ["2026-03-29T01:00:00Z", "2026-10-25T01:30:00Z"]);
    let strict = world().column("at", |column| {
        column.ambiguous = Ambiguous::Error;
        column.nonexistent = Nonexistent::Error;
    });
    assert_eq!(
        strict.load().bad_cells,
        [
            "a.csv:2: at: 2026-03-29 02:30:00: timestamp: nonexistent local time",
            "a.csv:3: at: 2026-10-25 02:30:00: timestamp: ambiguous local time",
        ]
    );
}

#[test]
fn qualtrics_headers_keep_their_labels() {
    let text = "\u{feff}StartDate,Q1,Q1_TEXT\n\
                Start Date,\"How likely are you\nto recommend us?\",Why?\n\
                \"{\"\"ImportId\"\":\"\"startDate\"\"}\",\"{\"\"ImportId\"\":\"\"QID1\"\"}\",\"{\"\"ImportId\"\":\"\"QID1_TEXT\"\"}\"\n\
                2026-01-05 10:00:00,9,\"Good,\nvery good\"\n";
    let loaded =
        World::new(&[("start_date", "timestamp"), ("score", "int64"), ("q1_text", "string")])
            .column("score", |column| column.from = vec!["Q1".to_owned()])
            .with(|source| source.csv.names = header(3))
            .file("a.csv", text)
            .load();
    assert_eq!(loaded.rows, ["2026-01-05T10:00:00Z|9|Good,\nvery good"]);
    assert_eq!(
        loaded.report.files[0].labels[1],
        (
            "score".to_owned(),
            vec![
                "How likely are you\nto recommend us?".to_owned(),
                "{\"ImportId\":\"QID1\"}".to_owned()
            ]
        )
    );
    // The first record stands on the fifth line: the question spans two.
    assert_eq!(super::printed(&loaded.raw.project(&[4]).unwrap(), ""), ["5"]);
}

#[test]
fn files_without_a_header_bind_by_number() {
    let loaded = World::new(&[("id", "string"), ("page", "string")])
        .column("page", |column| column.from = vec!["3".to_owned()])
        .with(|source| {
            source.csv.names = Names::Numbers;
            source.csv.delimiter = b'\t';
            source.csv.quote = None;
        })
        .file("a.tsv", "e1\tx\t{\"a\": \"b\"}\n e2\ty\t\"\ne3\ty\n")
        .load();
    assert_eq!(loaded.rows, ["e1|{\"a\": \"b\"}", " e2|\""]);
    assert_eq!(loaded.bad_rows, ["a.tsv:3: 2 fields instead of 3: e3\ty"]);
}

#[test]
fn records_without_end_are_refused_with_their_place() {
    let error = orders().file("a.csv", "order_id,amount,email\n1,1,a\n2,1,\"open\n3,1,b\n").error();
    assert_eq!(error.diagnostics[0].code, codes::MALFORMED);
    assert!(error.to_string().starts_with("a.csv:3:1: the quote that opens here is never closed"));
    let huge = format!("order_id,amount,email\n1,1,a\n2,2,{}\n", "x".repeat(40 << 20));
    let error = orders().file("b.csv", huge).error();
    assert_eq!(
        error.to_string(),
        "`b.csv` holds a record of more than 32 MiB at byte 28 (hint: is a quote never closed, or \
         is this no text file?)"
    );
}
