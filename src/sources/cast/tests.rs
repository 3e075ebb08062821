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
fn a_date_of_an_epoch_is_the_local_day() {
    let mut day = column("date");
    day.epoch = Some(EpochUnit::Ms);
    day.timezone = "Europe/Amsterdam".to_owned();
    // date -u -d '2026-06-30 22:30' +%s000: half past midnight in Amsterdam.
    let (values, bad) =
        check(day, &[Some("1782858600000"), Some("-1"), Some("2026-07-01"), Some("")]);
    assert_eq!(values, ["2026-07-01", "1970-01-01", "∅", "∅"]);
    assert_eq!(bad, [(2, Fault::Malformed)]);
}

#[test]
fn amounts_as_spreadsheets_show_them() {
    let mut amount = column("decimal(18,2)");
    amount.decimal = ',';
    amount.thousands = Some('.');
    amount.strip = vec!["€".to_owned(), "EUR".to_owned()];
    amount.nulls.push("-".to_owned());
    let (values, bad) = check(
        amount.clone(),
        &[
            Some("€ 1.234,56"),
            Some("€\u{a0}1.234,56"),
            Some("1234,5 EUR"),
            Some("-€ 3,00"),
            Some("€ -"),
            Some("$ 5,00"),
            Some("€ 1.5"),
            Some("€"),
        ],
    );
    assert_eq!(values, ["1234.56", "1234.56", "1234.50", "-3.00", "∅", "∅", "∅", "∅"]);
    assert_eq!(bad, [5, 6, 7].map(|row| (row, Fault::Malformed)));
    // The French write a narrow no-break space.
    amount.thousands = Some(' ');
    let (values, bad) =
        check(amount, &[Some("1 234,56"), Some("1\u{202f}234,56\u{a0}€"), Some("12 34,5")]);
    assert_eq!(values, ["1234.56", "1234.56", "∅"]);
    assert_eq!(bad, [(2, Fault::Malformed)]);
}

#[test]
fn percentages_are_shares() {
    for column_type in ["decimal(9,5)", "float64"] {
        let mut share = column(column_type);
        share.decimal = ',';
        share.percent = true;
        let (values, bad) = check(
            share,
            &[Some("12,5 %"), Some("12,5"), Some("-3%"), Some("0%"), Some("%"), Some("x%")],
        );
        let values: Vec<f64> = values.iter().filter_map(|value| value.parse().ok()).collect();
        assert_eq!(values, [0.125, 0.125, -0.03, 0.0]);
        assert_eq!(bad.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [4, 5]);
    }
}

#[test]
fn identifiers_that_a_spreadsheet_destroyed_are_no_values() {
    let mut phone = column("string");
    phone.identifier = true;
    let cells = [Some("6.1E+09"), Some("0612345678"), Some("#NAME?"), Some("1E5"), Some("")];
    let (values, bad) = check(phone.clone(), &cells);
    assert_eq!(values, ["∅", "0612345678", "∅", "1E5", "∅"]);
    assert_eq!(bad, [(0, Fault::Destroyed), (2, Fault::Destroyed)]);
    assert_eq!(bad[0].1.rule(&phone.column_type), "string: destroyed by a spreadsheet");
    phone.strip = vec!["'".to_owned()];
    let (values, bad) = check(phone, &[Some("'0612345678"), Some("'6.1E+09"), Some(" '' ")]);
    assert_eq!(values, ["0612345678", "∅", "∅"]);
    assert_eq!(bad, [(1, Fault::Destroyed)]);
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
