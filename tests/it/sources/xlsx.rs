//! What workbooks hold, and what is no workbook.

use std::io::{Cursor, Write as _};

use journeymart::{
    config::{
        reading::{Format, Names, RepeatedNames},
        records::FillDown,
    },
    error::codes,
};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{
    World,
    archives::gzip,
    header,
    workbook::{
        Book,
        Cell::{self, Blank, Bool, Error, Formula, Inline, Iso, Number, Shared, Styled},
        Style, packed,
    },
};

fn xlsx(columns: &[(&str, &str)]) -> World {
    World::new(columns).with(|source| source.format = Format::Xlsx)
}

fn orders() -> World {
    xlsx(&[("id", "string"), ("total", "decimal(18,2)")])
}

const HEADER: &[Cell] = &[Shared("id"), Shared("total")];

#[test]
fn cells_are_what_they_are_and_text_is_read_as_declared() {
    let book = Book::default().sheet(
        "Orders",
        &[
            (
                1,
                &[
                    Shared("Order ID"),
                    Shared("Paid"),
                    Shared("Total"),
                    Shared("Ordered at"),
                    Shared("Day"),
                    Shared("Share"),
                    Shared("Zip"),
                ],
            ),
            // 45943.25 is 2025-10-13 06:00, when Amsterdam is two hours ahead of UTC.
            (
                3,
                &[
                    Number(1001.0),
                    Bool(true),
                    Number(1234.5),
                    Styled(45_943.25, Style::DateTime),
                    Styled(45_943.0, Style::Date),
                    Styled(0.07, Style::Percent),
                    Styled(123.0, Style::Postcode),
                ],
            ),
            // The same written as text, as people paste it.
            (
                4,
                &[
                    Inline("1002"),
                    Shared("nee"),
                    Shared("1.234,50"),
                    Shared("13-10-2025 06:00"),
                    Shared("13-10-2025"),
                    Shared("7 %"),
                    Shared("00123"),
                ],
            ),
            (5, &[Blank, Blank, Blank, Blank, Blank, Blank, Blank]),
            (
                7,
                &[
                    Number(1003.0),
                    Blank,
                    Number(0.1 + 0.2),
                    Iso("2025-10-13T06:00:00.500"),
                    Iso("2025-10-13"),
                    Number(7.0),
                ],
            ),
        ],
    );
    let loaded = xlsx(&[
        ("zip", "string"),
        ("order_id", "string"),
        ("paid", "bool"),
        ("total", "decimal(18,2)"),
        ("ordered_at", "timestamp"),
        ("day", "date"),
        ("share", "float64"),
    ])
    .column("paid", |column| {
        column.true_values = vec!["ja".to_owned()];
        column.false_values = vec!["nee".to_owned()];
    })
    .column("total", |column| {
        column.decimal = ',';
        column.thousands = Some('.');
    })
    .column("ordered_at", |column| {
        column.formats = vec!["%d-%m-%Y %H:%M".to_owned()];
        "Europe/Amsterdam".clone_into(&mut column.timezone);
    })
    .column("day", |column| column.formats = vec!["%d-%m-%Y".to_owned()])
    .column("share", |column| column.percent = true)
    .file("orders.xlsx", book.bytes())
    .load();
    assert_eq!(
        loaded.rows,
        [
            "00123|1001|true|1234.50|2025-10-13T04:00:00Z|2025-10-13|0.07",
            "00123|1002|false|1234.50|2025-10-13T04:00:00Z|2025-10-13|0.07",
            "∅|1003|∅|0.30|2025-10-13T04:00:00.500Z|2025-10-13|0.07",
        ]
    );
    assert_eq!(loaded.bad_cells, [""; 0]);
    let places = super::printed(&loaded.raw.project(&[7, 8]).unwrap(), ":");
    assert_eq!(places, ["orders.xlsx!Orders:3", "orders.xlsx!Orders:4", "orders.xlsx!Orders:7"]);
}

#[test]
fn numbers_dates_and_times_are_text_where_text_is_declared() {
    let cells: &[Cell] = &[
        Number(31_612_345_678.0),
        Number(0.1 + 0.2),
        Styled(45_943.0, Style::Date),
        Styled(45_943.25, Style::DateTime),
        Styled(0.25, Style::Time),
        Styled(1.5625, Style::Duration),
        Styled(0.125, Style::Percent),
        Bool(false),
    ];
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let columns: Vec<(&str, &str)> = names.iter().map(|name| (*name, "string")).collect();
    let loaded = xlsx(&columns)
        .with(|source| source.xlsx.names = Names::Declared(names.map(str::to_owned).to_vec()))
        .file("a.xlsx", Book::default().sheet("S", &[(1, cells)]).bytes())
        .load();
    assert_eq!(
        loaded.rows,
        ["31612345678|0.3|2025-10-13|2025-10-13 06:00:00|06:00:00|37:30:00|0.125|FALSE"]
    );
}

#[test]
fn days_count_from_1904_where_the_workbook_says_so() {
    let day: &[Cell] = &[Styled(45_943.0 - 1_462.0, Style::Date)];
    let book = Book { is_1904: true, ..Book::default() };
    let book = book.sheet("S", &[(1, &[Shared("day")]), (2, day)]);
    assert_eq!(xlsx(&[("day", "date")]).file("a.xlsx", book.bytes()).load().rows, ["2025-10-13"]);
}

#[test]
fn bad_cells_are_named_by_sheet_and_row() {
    let book = Book::default().sheet(
        "Orders",
        &[
            (1, HEADER),
            (2, &[Shared("a"), Error("#DIV/0!")]),
            (3, &[Error("#N/A"), Number(2.0)]),
            (4, &[Shared("c"), Shared("many")]),
            (5, &[Shared("d"), Number(12.345)]),
            (6, &[Shared("e"), Styled(45_943.0, Style::Date)]),
            (7, &[Shared("f"), Number(7.0)]),
        ],
    );
    let loaded = orders().file("o.xlsx", book.bytes()).load();
    assert_eq!(
        loaded.bad_cells,
        [
            "o.xlsx!Orders:2: total: #DIV/0!: decimal(18,2): error value of a spreadsheet",
            "o.xlsx!Orders:3: id: #N/A: string: error value of a spreadsheet",
            "o.xlsx!Orders:4: total: many: decimal(18,2)",
            "o.xlsx!Orders:5: total: 12.345: decimal(18,2): too many decimals",
            "o.xlsx!Orders:6: total: 2025-10-13: decimal(18,2)",
        ]
    );
    assert_eq!(loaded.rows[..2], ["a|∅", "∅|2.00"]);
    // A key that is no value takes its row along, whose text is kept.
    let loaded = orders()
        .with(|source| source.key = vec!["id".to_owned()])
        .file("o.xlsx", book.bytes())
        .load();
    assert_eq!(
        loaded.bad_rows,
        ["o.xlsx!Orders:3: `id` is no string: error value of a spreadsheet: #N/A\t2"]
    );
    let books = loaded.report.books;
    assert_eq!((books.rows_read, books.rows_loaded, books.rows_quarantined), (6, 5, 1));
    // What is declared to mean null is no fault.
    let loaded = orders()
        .column("total", |column| column.nulls.push("#DIV/0!".to_owned()))
        .file("o.xlsx", book.bytes())
        .load();
    assert_eq!(loaded.bad_cells.len(), 4);
}

#[test]
fn identifiers_that_lost_digits_are_no_values() {
    // Beyond 15 digits a spreadsheet keeps zeros; a phone number is well within.
    let book = Book::default().sheet(
        "S",
        &[
            (1, HEADER),
            (2, &[Number(31_612_345_678.0), Number(1.0)]),
            (3, &[Number(1_234_567_890_123_450.0), Number(1.0)]),
            (4, &[Shared("1234567890123456789"), Number(1.0)]),
        ],
    );
    let world = || orders().file("a.xlsx", book.bytes());
    let loaded = world().column("id", |column| column.identifier = true).load();
    assert_eq!(loaded.rows, ["31612345678|1.00", "∅|1.00", "1234567890123456789|1.00"]);
    assert_eq!(
        loaded.bad_cells,
        ["a.xlsx!S:3: id: 1.23456789012345E+15: string: destroyed by a spreadsheet"]
    );
    assert_eq!(world().load().rows[1], "1234567890123450|1.00");
}

#[test]
fn the_sheet_is_chosen_by_name_number_or_pattern() {
    let row: &[Cell] = &[Shared("a"), Number(1.0)];
    let other: &[Cell] = &[Number(2.0), Shared("b")];
    let book = Book::default()
        .sheet("2026-01", &[(1, HEADER), (2, row)])
        .sheet("2026-02", &[(1, &[Shared("total"), Shared("id")]), (4, other), (5, row)])
        .any_sheet("Notes", "hidden", &[(1, &[Shared("nothing")])]);
    let world = |sheets: &[&str]| {
        xlsx(&[("id", "string"), ("total", "decimal(18,2)"), ("month", "string")])
            .column("month", |column| column.from = vec!["_sheet".to_owned()])
            .with(|source| {
                source.xlsx.sheets = sheets.iter().map(|name| (*name).to_owned()).collect()
            })
            .file("a.xlsx", book.bytes())
    };
    assert_eq!(world(&["2026-01"]).load().rows, ["a|1.00|2026-01"]);
    assert_eq!(world(&["2"]).load().rows[0], "b|2.00|2026-02");
    for sheets in [vec!["2026-*"], vec!["2", "2026-01"]] {
        let loaded = world(&sheets).load();
        assert_eq!(loaded.rows, ["a|1.00|2026-01", "b|2.00|2026-02", "1|∅|2026-02"]);
        assert_eq!(loaded.bad_cells, ["a.xlsx!2026-02:5: total: a: decimal(18,2)"]);
        assert_eq!(loaded.report.files.len(), 1, "the books are those of the workbook");
    }
    let error = world(&[]).error().to_string();
    assert!(error.starts_with("`a.xlsx` holds several sheets: `2026-01`, `2026-02`"), "{error}");
    for sheet in ["2026-03", "4", "0"] {
        let error = world(&[sheet]).error();
        assert_eq!(error.diagnostics[0].code, codes::NO_FILES);
        let said = format!(
            "`a.xlsx` holds no sheet `{sheet}` (hint: its sheets are `2026-01`, `2026-02`, `Notes`)"
        );
        assert_eq!(error.to_string(), said);
    }
    // A sheet that is called by a number is no other one's.
    let years = Book::default().sheet("2", &[(1, HEADER), (2, row)]).sheet("1", &[(1, &[])]);
    let loaded = orders().with(|source| source.xlsx.sheets = vec!["2".to_owned()]);
    assert_eq!(loaded.file("a.xlsx", years.bytes()).load().rows, ["a|1.00"]);
    // The only sheet that can be seen needs no name.
    let book = Book::default()
        .any_sheet("Cache", "veryHidden", &[(1, &[Shared("x")])])
        .sheet("Data", &[(1, HEADER), (2, row)]);
    assert_eq!(orders().file("a.xlsx", book.bytes()).load().rows, ["a|1.00"]);
}

#[test]
fn headers_stand_where_they_are_declared() {
    let row: &[Cell] = &[Blank, Shared("a"), Number(1.0), Shared("note")];
    let book = Book::default().sheet(
        "Report",
        &[
            (1, &[Shared("Orders of October")]),
            (2, &[Shared("exported"), Styled(45_943.0, Style::Date)]),
            // A merged cell over the amounts, and what is below it.
            (5, &[Blank, Shared("Order"), Shared("Amount"), Blank]),
            (6, &[Blank, Shared("id"), Shared("total"), Shared("remark")]),
            (8, row),
            (9, &[Blank, Shared("b"), Number(2.0)]),
            (11, &[Shared("total"), Blank, Number(3.0)]),
        ],
    );
    let world = |names: Names| {
        orders()
            .column("id", |column| {
                column.from = ["id", "Order id", "2"].map(str::to_owned).to_vec()
            })
            .column("total", |column| {
                column.from = ["total", "Amount total", "3"].map(str::to_owned).to_vec()
            })
            .with(|source| {
                source.xlsx.skip_rows = 4;
                source.xlsx.names = names;
                source.xlsx.range = "A1:F9".parse().unwrap();
            })
            .file("a.xlsx", book.bytes())
    };
    let joined = Names::Header { rows: 2, join: Some(" ".to_owned()) };
    assert_eq!(world(joined).load().rows, ["a|1.00", "b|2.00"]);
    // The range decides where columns and rows begin.
    let range = |range: &str, skip: u32, names: Names| {
        world(names).with(|source| {
            source.xlsx.range = range.parse().unwrap();
            source.xlsx.skip_rows = skip;
        })
    };
    let loaded = range("B6:C9", 0, header(1)).load();
    assert_eq!(loaded.rows, ["a|1.00", "b|2.00"]);
    let by_number = range("A8:", 0, Names::Numbers).load();
    assert_eq!(by_number.rows, ["a|1.00", "b|2.00", "∅|3.00"]);
    let declared = Names::Declared(["id", "total"].map(str::to_owned).to_vec());
    assert_eq!(range("B:C", 7, declared).load().rows, ["a|1.00", "b|2.00", "∅|3.00"]);
    // Rows of labels are kept beside the names.
    let labelled = orders()
        .with(|source| {
            source.xlsx.names = header(2);
            source.xlsx.range = "B6:C9".parse().unwrap();
        })
        .file("a.xlsx", book.bytes())
        .load();
    let labels = |name: &str, label: &str| (name.to_owned(), vec![label.to_owned()]);
    assert_eq!(labelled.report.labels, [labels("id", "a"), labels("total", "1")]);
    assert_eq!(labelled.rows, ["b|2.00"]);
    let error = range("B6:C6", 0, header(2)).error().to_string();
    assert!(error.starts_with("`a.xlsx!Report` ends within its header"), "{error}");
    let error = range("H1:", 0, header(1)).error().to_string();
    assert!(error.starts_with("`a.xlsx!Report` is empty: it has no header"), "{error}");
    let error =
        world(header(1)).column("id", |column| column.from = vec!["idd".to_owned()]).error();
    assert!(error.to_string().contains("`a.xlsx!Report` has no column `idd`"), "{error}");
}

#[test]
fn repeated_names_and_blanks_are_treated_as_in_text() {
    let book = Book::default().sheet(
        "S",
        &[
            (1, &[Shared("id"), Shared("total"), Shared("total"), Shared("props")]),
            (2, &[Shared("a"), Number(1.0), Number(2.0), Shared("{\"plan\": \"pro\"}")]),
            (3, &[Shared("a"), Blank, Number(3.0), Shared("{broken")]),
            (4, &[Shared("b"), Blank, Blank, Number(5.0)]),
        ],
    );
    let world = || {
        xlsx(&[("id", "string"), ("total_2", "int64"), ("props.plan", "string")])
            .file("a.xlsx", book.bytes())
    };
    let error = world().error();
    assert_eq!(error.diagnostics[0].code, codes::HEADER_AMBIGUOUS);
    let numbered = || world().with(|source| source.xlsx.repeated_names = RepeatedNames::Number);
    let loaded = numbered().load();
    assert_eq!(loaded.rows, ["a|2|pro", "a|3|∅", "b|∅|∅"]);
    assert_eq!(
        loaded.bad_cells,
        [
            "a.xlsx!S:3: props.plan: {broken: string",
            "a.xlsx!S:4: props.plan: 5: string: no object on its path",
        ]
    );
    // A date that is filled down is still one, whatever formats the column declares.
    let book = Book::default().sheet(
        "S",
        &[
            (1, &[Shared("id"), Shared("day")]),
            (2, &[Shared("a"), Styled(45_943.0, Style::Date)]),
            (3, &[Shared("a"), Blank]),
            (4, &[Shared("b"), Shared("14-10-2025")]),
            (5, &[Shared("b"), Blank]),
        ],
    );
    for batch_rows in [1, 100] {
        let mut world = xlsx(&[("id", "string"), ("day", "date")])
            .column("day", |column| column.formats = vec!["%d-%m-%Y".to_owned()])
            .with(|source| {
                let columns = vec!["day".to_owned()];
                source.fill_down = Some(FillDown { within: "id".to_owned(), columns });
            })
            .file("a.xlsx", book.bytes());
        world.batch_rows = batch_rows;
        assert_eq!(
            world.load().rows,
            ["a|2025-10-13", "a|2025-10-13", "b|2025-10-14", "b|2025-10-14"]
        );
    }
}

#[test]
fn formulas_are_read_by_their_results() {
    let book = Book::default().sheet(
        "Orders",
        &[
            (1, &[Shared("id"), Shared("total"), Shared("margin")]),
            (2, &[Shared("a"), Formula(Some("12.5")), Formula(None)]),
            (3, &[Shared("b"), Blank, Formula(None)]),
        ],
    );
    assert_eq!(orders().file("a.xlsx", book.bytes()).load().rows, ["a|12.50", "b|∅"]);
    let error =
        xlsx(&[("id", "string"), ("margin", "float64")]).file("a.xlsx", book.bytes()).error();
    assert_eq!(error.diagnostics[0].code, codes::MALFORMED);
    let said = "`a.xlsx!Orders` holds formulas without a result in `margin`, the first in C2";
    assert!(error.to_string().starts_with(said), "{error}");
}

#[test]
fn what_is_no_workbook_says_what_it_is() {
    let row: &[Cell] = &[Shared("a"), Number(1.0)];
    let book = Book::default().sheet("Data", &[(1, HEADER), (2, row)]);
    let sound = book.bytes();
    let mut old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    old.resize(1 << 20, 0);
    let mut encrypted = old.clone();
    encrypted.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    let swapped = Book::default().sheet("Data", &[(2, row), (1, HEADER)]);
    for (content, said) in [
        (b"id,total\na,1\n".to_vec(), "`a.xlsx` is no XLSX workbook (hint: is it CSV"),
        (Vec::new(), "`a.xlsx` is no XLSX workbook"),
        (old, "`a.xlsx` is no XLSX workbook but an older Office document"),
        (encrypted, "`a.xlsx` is protected by a password"),
        (sound[..sound.len() / 2].to_vec(), "`a.xlsx` ends before its compressed content does"),
        (packed(&[("a.txt".to_owned(), String::new())]), "`a.xlsx!a.txt` is no XLSX workbook"),
        (book.with("<v>1</v>", "<v>99</v>"), "`a.xlsx` cannot be read as XLSX: Cell string index"),
        (
            book.with("uniqueCount=\"3\"", "uniqueCount=\"99999999999\""),
            "`a.xlsx` claims to hold 99999999999 texts",
        ),
        (
            book.with("r=\"A1\"", "r=\"AAAAAAAAAAAAAAAA1\""),
            "`a.xlsx` holds a cell that no sheet has",
        ),
        (book.with("r=\"A1\"", "r=\"A4294967297\""), "`a.xlsx` holds a cell that no sheet has"),
        (swapped.bytes(), "`a.xlsx` cannot be read as XLSX: row 1 comes after row 2"),
        (Book::default().sheet("Data", &[]).bytes(), "`a.xlsx!Data` is empty: it has no header"),
        (
            Book::default().any_sheet("Data", "hidden", &[]).bytes(),
            "`a.xlsx` holds no sheet that is visible",
        ),
    ] {
        let error = orders().file("a.xlsx", content).error().to_string();
        assert!(error.starts_with(said), "{error}\nis not\n{said}");
    }
    let error = orders().with(|source| source.format = Format::Csv).file("a.csv", sound).error();
    let said = "`a.csv` is a workbook or another Office document (hint: a workbook is read with `format: xlsx`)";
    assert_eq!(error.to_string(), said);
}

#[test]
fn workbooks_may_be_packed_once_more() {
    let one = Book::default().sheet("S", &[(1, HEADER), (2, &[Shared("a"), Number(1.0)])]).bytes();
    let two = Book::default().sheet("S", &[(1, HEADER), (2, &[Shared("b"), Number(2.0)])]).bytes();
    assert_eq!(orders().file("a.xlsx.gz", gzip(&one)).load().rows, ["a|1.00"]);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [("one.xlsx", &one), ("two.xlsx", &two), ("readme.txt", &one)] {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    let loaded = xlsx(&[("id", "string"), ("file", "string")])
        .column("file", |column| column.from = vec!["_member".to_owned()])
        .with(|source| source.members = vec!["*.xlsx".to_owned()])
        .file("export.zip", archive.finish().unwrap().into_inner())
        .load();
    assert_eq!(loaded.rows, ["a|one.xlsx", "b|two.xlsx"]);
    let places = super::printed(&loaded.raw.project(&[2, 3]).unwrap(), ":");
    assert_eq!(places, ["export.zip!one.xlsx!S:2", "export.zip!two.xlsx!S:2"]);
}

#[test]
fn long_sheets_come_out_whole_whatever_they_are_cut_into() {
    let rows: Vec<[Cell; 2]> =
        (0..5_000).map(|n| [Number(f64::from(n / 2)), Number(f64::from(n))]).collect();
    let numbered: Vec<(u32, &[Cell])> = std::iter::once((1, HEADER))
        .chain((2..).zip(rows.iter().map(|row| row.as_slice())))
        .collect();
    let book = Book::default().sheet("S", &numbered).bytes();
    let mut seen = Vec::new();
    for (threads, batch_rows) in [(1, 7), (2, 1_000), (8, 8_192)] {
        let mut world = orders()
            .with(|source| {
                source.key = vec!["id".to_owned()];
                source.order_by = vec!["total".to_owned()];
            })
            .file("a.xlsx", &book);
        (world.threads, world.batch_rows) = (threads, batch_rows);
        let loaded = world.load();
        let books = loaded.report.books;
        assert_eq!((books.rows_read, books.rows_superseded), (5_000, 2_500));
        seen.push(loaded.rows);
    }
    assert_eq!(seen[0].len(), 2_500);
    assert!(seen[0].contains(&"2499|4999.00".to_owned()));
    assert!(seen.windows(2).all(|two| two[0] == two[1]));
}
