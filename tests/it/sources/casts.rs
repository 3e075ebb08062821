//! What cells mean, seen through whole files: local times under every policy.

use journeymart::config::source::{Ambiguous, Nonexistent, OnBadCell};

use super::World;

/// EU summer time 2026 begins on 29 March and ends on 25 October, both at 01:00 UTC (Directive
/// 2000/84/EC): in Amsterdam 02:30 does not exist on the first day and comes twice on the second.
fn clocks(ambiguous: Ambiguous, nonexistent: Nonexistent) -> World {
    World::new(&[("id", "int64"), ("at", "timestamp")])
        .column("at", |column| {
            column.timezone = "Europe/Amsterdam".to_owned();
            column.formats = vec!["%d-%m-%Y %H:%M".to_owned()];
            column.ambiguous = ambiguous;
            column.nonexistent = nonexistent;
        })
        .file("a.csv", "id,at\n1,29-03-2026 02:30\n2,25-10-2026 02:30\n3,01-07-2026 02:30\n")
}

#[test]
fn skipped_and_repeated_hours_follow_the_policy() {
    let both = |ambiguous, nonexistent| clocks(ambiguous, nonexistent).load();
    let earliest = both(Ambiguous::Earliest, Nonexistent::ShiftForward);
    let summer = "3|2026-07-01T00:30:00Z";
    assert_eq!(earliest.rows, ["1|2026-03-29T01:00:00Z", "2|2026-10-25T00:30:00Z", summer]);
    assert!(earliest.bad_cells.is_empty());
    let latest = both(Ambiguous::Latest, Nonexistent::ShiftForward);
    assert_eq!(latest.rows, ["1|2026-03-29T01:00:00Z", "2|2026-10-25T01:30:00Z", summer]);
    let strict = both(Ambiguous::Error, Nonexistent::Error);
    assert_eq!(strict.rows, ["1|∅", "2|∅", summer]);
    assert_eq!(
        strict.bad_cells,
        [
            "a.csv:2: at: 29-03-2026 02:30: timestamp: nonexistent local time",
            "a.csv:3: at: 25-10-2026 02:30: timestamp: ambiguous local time",
        ]
    );
}

#[test]
fn a_strict_source_sets_the_row_aside_or_stops() {
    let strict = || clocks(Ambiguous::Error, Nonexistent::Error);
    let aside = strict().with(|source| source.on_bad_cell = OnBadCell::QuarantineRow).load();
    assert_eq!(aside.rows, ["3|2026-07-01T00:30:00Z"]);
    assert_eq!(
        aside.bad_rows,
        [
            "a.csv:2: `at` is no timestamp: nonexistent local time: 1,29-03-2026 02:30",
            "a.csv:3: `at` is no timestamp: ambiguous local time: 2,25-10-2026 02:30",
        ]
    );
    let error = strict().with(|source| source.on_bad_cell = OnBadCell::Fail).error();
    assert_eq!(
        error.to_string(),
        "a.csv:2:1: `29-03-2026 02:30` in `at` is no timestamp: nonexistent local time"
    );
}
