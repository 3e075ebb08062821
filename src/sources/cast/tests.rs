//! Whole columns: null markers, white space, every family through the same door.

use datafusion::arrow::{
    array::AsArray,
    util::display::{ArrayFormatter, FormatOptions},
};

use crate::{
    config::source::{Ambiguous, Nonexistent},
    sources::support,
};

use super::*;

/// Casts cells (`None` = absent) and prints the values (`∅` = null) and faults.
fn check(column: Column, cells: &[Option<&str>]) -> (Vec<String>, Vec<(usize, Fault)>) {
    let mut text = String::new();
    let spans: Vec<Span> = cells
        .iter()
        .map(|cell| match cell {
            None => Span::ABSENT,
            Some(cell) => {
                let start = text.len();
                text.push_str(cell);
                Span::new(start, text.len())
            }
        })
        .collect();
    let cast = Caster::new(&Arc::new(column)).unwrap().cast(&text, &spans);
    let options = FormatOptions::default().with_null("∅");
    let shown = ArrayFormatter::try_new(&cast.array, &options).unwrap();
    ((0..cells.len()).map(|row| shown.value(row).to_string()).collect(), cast.bad)
}

fn column(column_type: &str) -> Column {
    support::column("c", column_type)
}

#[test]
fn text_is_kept_to_the_letter() {
    let mut text = column("string");
    text.nulls = vec![String::new(), "#N/A".to_owned()];
    let (values, bad) = check(
        text,
        &[Some(" 0123 "), Some(""), Some("#N/A"), Some("#n/a"), None, Some("6.1E+09"), Some("é😀")],
    );
    assert_eq!(values, [" 0123 ", "∅", "∅", "#n/a", "∅", "6.1E+09", "é😀"]);
    assert!(bad.is_empty());
}

#[test]
fn null_markers_come_before_the_type() {
    let mut number = column("int64");
    number.nulls = ["", "-99", "-"].map(str::to_owned).to_vec();
    let (values, bad) =
        check(number, &[Some("-99"), Some(" - "), Some("  "), Some("99"), Some("x")]);
    assert_eq!(values, ["∅", "∅", "∅", "99", "∅"]);
    assert_eq!(bad, [(4, Fault::Malformed)]);
}

#[test]
fn dates_take_formats_in_order() {
    let mut day = column("date");
    assert_eq!(
        check(day.clone(), &[Some("2026-03-29"), Some("29-03-2026")]).0,
        ["2026-03-29", "∅"]
    );
    day.formats = vec!["%d-%m-%Y".to_owned(), "%Y%m%d".to_owned()];
    let (values, bad) =
        check(day, &[Some("29-03-2026"), Some("20260329"), Some("2026-03-29"), Some("31-04-2026")]);
    assert_eq!(values, ["2026-03-29", "2026-03-29", "∅", "∅"]);
    assert_eq!(bad, [(2, Fault::Malformed), (3, Fault::Malformed)]);
}

#[test]
fn time_stamps_become_utc() {
    let mut at = column("timestamp");
    at.timezone = "Europe/Amsterdam".to_owned();
    let (values, bad) = check(
        at.clone(),
        &[
            Some("2026-01-01 10:00:00"),
            Some("2026-07-01 10:00:00.5"),
            Some("2026-07-01T10:00:00Z"),
            Some("2026-03-29 02:30"),
            Some("2026-10-25 02:30"),
            Some("2026-07-01"),
        ],
    );
    assert_eq!(
        values,
        [
            "2026-01-01T09:00:00Z",
            "2026-07-01T08:00:00.500Z",
            "2026-07-01T10:00:00Z",
            "2026-03-29T01:00:00Z",
            "2026-10-25T00:30:00Z",
            "∅",
        ]
    );
    assert_eq!(bad, [(5, Fault::Malformed)]);
    at.ambiguous = Ambiguous::Error;
    at.nonexistent = Nonexistent::Error;
    let (_, bad) = check(at, &[Some("2026-03-29 02:30"), Some("2026-10-25 02:30")]);
    assert_eq!(bad, [(0, Fault::Nonexistent), (1, Fault::Ambiguous)]);
}

#[test]
fn epochs_in_each_unit() {
    for (unit, cell) in [
        (EpochUnit::S, "1617691790.431476"),
        (EpochUnit::Ms, "1617691790431.476"),
        (EpochUnit::Us, "1617691790431476"),
    ] {
        let mut at = column("timestamp");
        at.epoch = Some(unit);
        let cells = [Some(cell), Some("99999999999999999999"), Some("2021-04-06"), Some("-1")];
        let (values, bad) = check(at, &cells);
        // date -u -d @1617691790
        assert_eq!(values[0], "2021-04-06T06:49:50.431476Z");
        assert_eq!(bad, [(1, Fault::OutOfRange), (2, Fault::Malformed)], "{unit:?}");
        assert!(values[3].starts_with("1969-12-31T23:59:59"), "{}", values[3]);
    }
}

#[test]
fn json_is_checked_and_compacted() {
    let deep = "[".repeat(10_000);
    let (values, bad) = check(
        column("json"),
        &[Some("{\"a\": [1, \"b c\"]}"), Some("{'a': 1}"), Some(""), Some(&deep), Some(" 1 ")],
    );
    assert_eq!(values, ["{\"a\":[1,\"b c\"]}", "∅", "∅", "∅", "1"]);
    assert_eq!(bad, [(1, Fault::Malformed), (3, Fault::TooDeep)]);
}

#[test]
fn nested_types_cast_every_leaf() {
    let lines = column(
        "list<struct<sku: string, quantity: int64, price: decimal(18,2), tags: list<string>>>",
    );
    let (values, bad) = check(
        lines,
        &[
            Some(
                r#"[{"sku": "a\u00e9", "quantity": 2, "price": 1.5, "tags": ["x", null]}, {"sku": 7}, null]"#,
            ),
            Some("[]"),
            None,
            Some(r#"[{"sku": "ok", "quantity": "two"}]"#),
            Some(r#"{"sku": "no list"}"#),
            Some("[1]"),
            Some("not json"),
            Some(r#" [{"price": "12345678901234567890"}, {"quantity": "x"}] "#),
        ],
    );
    assert_eq!(
        values,
        [
            "[{sku: aé, quantity: 2, price: 1.50, tags: [x, ∅]}, {sku: 7, quantity: ∅, price: ∅, tags: ∅}, ∅]",
            "[]",
            "∅",
            "∅",
            "∅",
            "∅",
            "∅",
            "∅",
        ]
    );
    let rows: Vec<usize> = bad.iter().map(|(row, _)| *row).collect();
    assert_eq!(rows, [3, 4, 5, 6, 7]);
}

#[test]
fn decimals_have_the_declared_type() {
    let mut price = column("decimal(18,4)");
    price.minor_units = 2;
    let cast = Caster::new(&Arc::new(price)).unwrap().cast("1999", &[Span::new(0, 4)]);
    let array = cast.array.as_primitive::<Decimal128Type>();
    assert_eq!((array.precision(), array.scale(), array.value(0)), (18, 4, 199_900));
}

#[test]
fn declarations_without_meaning_are_refused() {
    let mut zone = column("timestamp");
    zone.timezone = "Europe/Amsterdan".to_owned();
    let error = Caster::new(&Arc::new(zone)).unwrap_err();
    assert_eq!(error.to_string(), "column `c`: `Europe/Amsterdan` is no time zone");
    let mut format = column("date");
    format.formats = vec!["%d-%Q-%Y".to_owned()];
    let error = Caster::new(&Arc::new(format)).unwrap_err();
    assert_eq!(error.to_string(), "column `c`: `%Q` is no known part of a date format");
}
