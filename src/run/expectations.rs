/*!
What a source promises about its exports: how fresh they are, how many come each day, how many rows
they bring and how many cells are empty, beside what earlier runs brought.

All of it depends on the clock or on what came before, so that it goes into the results of a run and
not into a mart. Broken promises end a run before it publishes.
*/

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::artifacts::{CheckStatus, ExpectationResult, SourceResult};
use crate::{
    config::{formats::Timespan, limits::Freshness, source::Source},
    error::{Diagnostic, Error, Kind, Location, Result, Severity, codes},
};

/// Earlier runs that the median is taken of.
const BASELINE_RUNS: usize = 7;
/// Days named in a message.
const NAMED_DAYS: usize = 3;

/// What a source's promises are held against.
pub(crate) struct Observed<'a> {
    pub(crate) source: &'a Source,
    pub(crate) result: &'a SourceResult,
    /// Days that the paths of its files name, one for each file.
    pub(crate) days: Vec<NaiveDate>,
    /// What published runs loaded, newest first.
    pub(crate) earlier: Vec<&'a SourceResult>,
    /// When the run started.
    pub(crate) now: DateTime<Utc>,
}

/// Holds a source against its promises.
pub(crate) fn judge(observed: &Observed<'_>) -> Vec<ExpectationResult> {
    let mut results = Vec::new();
    results.extend(freshness(observed));
    let expect = &observed.source.expect;
    results.extend(expect.files_per_day.and_then(|least| files_per_day(observed, least)));
    results.extend(expect.row_change.and_then(|most| row_change(observed, most)));
    results.extend(expect.null_change.and_then(|most| null_change(observed, most)));
    results
}

/// Ends a run whose sources break their promises; returns what is only worth a warning.
pub(crate) fn enforce(
    results: &[(&str, ExpectationResult)],
    declared: &BTreeMap<String, Location>,
) -> Result<Vec<Diagnostic>> {
    let mut found = Vec::new();
    for (source, result) in results {
        let message = format!("source `{source}`: {}", result.message);
        let mut broken = match result.status {
            CheckStatus::Pass => continue,
            CheckStatus::Warn => Diagnostic::warning(codes::EXPECTATION, message),
            CheckStatus::Fail => Diagnostic::error(codes::EXPECTATION, message),
        };
        broken.location = declared.get(*source).cloned();
        found.push(broken);
    }
    match found.iter().any(|found| found.severity == Severity::Error) {
        true => Err(Error { kind: Kind::Budget, diagnostics: found }),
        false => Ok(found),
    }
}

fn result(check: &str, status: CheckStatus, message: String) -> ExpectationResult {
    ExpectationResult { check: check.to_owned(), status, message }
}

fn freshness(observed: &Observed<'_>) -> Option<ExpectationResult> {
    let Freshness { warn_after, error_after, .. } = &observed.source.freshness;
    if warn_after.is_none() && error_after.is_none() {
        return None;
    }
    let Some(newest) = observed.result.newest_at else {
        let message = "no row says when it was written".to_owned();
        return Some(result("freshness", CheckStatus::Fail, message));
    };
    let age = observed.now - newest;
    let is_over = |limit: &Option<Timespan>| {
        limit.is_some_and(|limit| age > TimeDelta::from_std(limit.0).unwrap_or(TimeDelta::MAX))
    };
    let status = match (is_over(error_after), is_over(warn_after)) {
        (true, _) => CheckStatus::Fail,
        (false, true) => CheckStatus::Warn,
        (false, false) => CheckStatus::Pass,
    };
    let hours = age.num_hours();
    let message = format!("the newest row is of {newest}, {hours} hours before the run");
    Some(result("freshness", status, message))
}

/// Every day from the first to the last has its files. The last may still be arriving, where more
/// than one is expected.
fn files_per_day(observed: &Observed<'_>, least: u32) -> Option<ExpectationResult> {
    let mut files: BTreeMap<NaiveDate, u32> = BTreeMap::new();
    for day in &observed.days {
        *files.entry(*day).or_default() += 1;
    }
    let (first, last) = (*files.keys().next()?, *files.keys().next_back()?);
    let complete = first.iter_days().take_while(|day| *day < last || (*day == last && least == 1));
    let short: Vec<String> = complete
        .filter_map(|day| {
            let count = files.get(&day).copied().unwrap_or(0);
            (count < least).then(|| format!("{day} has {count}"))
        })
        .collect();
    let status = if short.is_empty() { CheckStatus::Pass } else { CheckStatus::Fail };
    let message = match short.len() {
        0 => format!("every day from {first} to {last} has {least} or more files"),
        days => {
            let named = short[..days.min(NAMED_DAYS)].join(", ");
            let more = days.saturating_sub(NAMED_DAYS);
            let more = if more == 0 { String::new() } else { format!(" and {more} more days") };
            format!("{least} files a day are expected, but {named}{more}")
        }
    };
    Some(result("files_per_day", status, message))
}

fn row_change(observed: &Observed<'_>, most: f64) -> Option<ExpectationResult> {
    let usual = median(observed, |result| Some(result.rows_loaded as f64))?;
    let rows = observed.result.rows_loaded;
    let is_outside = (rows as f64 - usual).abs() > usual * most;
    let message = format!(
        "{rows} rows, where earlier runs had {usual} and may differ by {:.0} %",
        most * 100.0
    );
    Some(result("row_change", pass_unless(is_outside), message))
}

fn null_change(observed: &Observed<'_>, most: f64) -> Option<ExpectationResult> {
    let share = |result: &SourceResult, column: &str| {
        let nulls = *result.nulls.get(column)?;
        let typed = result.rows_read.checked_sub(result.rows_quarantined)?;
        (typed > 0).then(|| nulls as f64 / typed as f64)
    };
    let mut compared = 0;
    let mut moved = Vec::new();
    for column in observed.result.nulls.keys() {
        let Some(now) = share(observed.result, column) else { continue };
        let Some(usual) = median(observed, |result| share(result, column)) else { continue };
        compared += 1;
        if (now - usual).abs() > most {
            moved.push(format!("`{column}` from {:.1} to {:.1} %", usual * 100.0, now * 100.0));
        }
    }
    if compared == 0 {
        return None;
    }
    let message = match moved.len() {
        0 => format!("{compared} columns are empty about as often as in earlier runs"),
        _ => format!("the share of empty cells moved: {}", moved.join(", ")),
    };
    Some(result("null_change", pass_unless(!moved.is_empty()), message))
}

fn pass_unless(is_broken: bool) -> CheckStatus {
    if is_broken { CheckStatus::Fail } else { CheckStatus::Pass }
}

/// The middle of what the last runs had; none before there was a run.
fn median(observed: &Observed<'_>, of: impl Fn(&SourceResult) -> Option<f64>) -> Option<f64> {
    let mut values: Vec<f64> =
        observed.earlier.iter().take(BASELINE_RUNS).filter_map(|result| of(result)).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len().checked_sub(1)? / 2;
    Some((values[middle] + values[values.len() / 2]) / 2.0)
}

#[cfg(test)]
mod tests {
    use crate::{
        config::{formats::Timespan, limits::Expect, reading::Format},
        run::artifacts::SourceResult,
    };

    use super::*;

    fn loaded(rows: u64, empty: u64) -> SourceResult {
        SourceResult {
            source: "web".to_owned(),
            rows_read: rows,
            rows_loaded: rows,
            nulls: [("email".to_owned(), empty)].into(),
            newest_at: "2026-06-29T10:00:00Z".parse().ok(),
            ..SourceResult::default()
        }
    }

    fn judged(
        change: impl FnOnce(&mut Source),
        result: &SourceResult,
        days: &[&str],
        earlier: &[SourceResult],
    ) -> Vec<(String, CheckStatus, String)> {
        let mut source = Source::new("web", "x", Format::Csv, Vec::new());
        change(&mut source);
        let observed = Observed {
            source: &source,
            result,
            days: days.iter().map(|day| day.parse().unwrap()).collect(),
            earlier: earlier.iter().collect(),
            now: "2026-06-30T11:00:00Z".parse().unwrap(),
        };
        judge(&observed)
            .into_iter()
            .map(|result| (result.check, result.status, result.message))
            .collect()
    }

    #[test]
    fn nothing_promised_is_nothing_judged() {
        assert!(judged(|_| {}, &loaded(0, 0), &["2026-06-30"], &[loaded(9, 9)]).is_empty());
    }

    #[test]
    fn age_is_measured_from_the_newest_row() {
        let status = |warn: u64, error: u64, result: &SourceResult| {
            let limits = |source: &mut Source| {
                source.freshness.warn_after = Some(Timespan::hours(warn));
                source.freshness.error_after = Some(Timespan::hours(error));
            };
            judged(limits, result, &[], &[]).remove(0)
        };
        // 25 hours old.
        assert_eq!(status(26, 48, &loaded(1, 0)).1, CheckStatus::Pass);
        assert_eq!(status(25, 48, &loaded(1, 0)).1, CheckStatus::Pass);
        let (_, warned, message) = status(24, 48, &loaded(1, 0));
        assert_eq!(warned, CheckStatus::Warn);
        assert_eq!(
            message,
            "the newest row is of 2026-06-29 10:00:00 UTC, 25 hours before the run"
        );
        assert_eq!(status(1, 24, &loaded(1, 0)).1, CheckStatus::Fail);
        let undated = SourceResult { newest_at: None, ..loaded(0, 0) };
        assert_eq!(status(24, 48, &undated).1, CheckStatus::Fail);
    }

    #[test]
    fn every_day_has_its_files() {
        let per_day = |least: u32, days: &[&str]| {
            let expect = |source: &mut Source| source.expect.files_per_day = Some(least);
            judged(expect, &loaded(1, 0), days, &[])
                .pop()
                .map(|(_, status, message)| (status, message))
        };
        let days = ["2026-06-27", "2026-06-28", "2026-06-28", "2026-06-30"];
        let (status, message) = per_day(1, &days).unwrap();
        assert_eq!(status, CheckStatus::Fail);
        assert_eq!(message, "1 files a day are expected, but 2026-06-29 has 0");
        let (status, message) = per_day(2, &days).unwrap();
        assert_eq!(status, CheckStatus::Fail);
        assert!(message.ends_with("but 2026-06-27 has 1, 2026-06-29 has 0"), "{message}");
        assert_eq!(per_day(1, &days[..3]).unwrap().0, CheckStatus::Pass);
        // The last day may still be on its way.
        assert_eq!(per_day(2, &days[1..3]).unwrap().0, CheckStatus::Pass);
        assert_eq!(
            per_day(2, &["2026-06-28", "2026-06-28", "2026-06-29"]).unwrap().0,
            CheckStatus::Pass
        );
        assert_eq!(per_day(1, &[]), None);
    }

    #[test]
    fn rows_stay_within_their_band() {
        let change = |rows: u64, earlier: &[u64]| {
            let expect = |source: &mut Source| source.expect.row_change = Some(0.5);
            let earlier: Vec<SourceResult> = earlier.iter().map(|rows| loaded(*rows, 0)).collect();
            judged(expect, &loaded(rows, 0), &[], &earlier).pop().map(|(_, status, _)| status)
        };
        assert_eq!(change(5, &[]), None, "there was no run before");
        // The median of 100, 120 and 900 is 120.
        assert_eq!(change(60, &[100, 900, 120]), Some(CheckStatus::Pass));
        assert_eq!(change(59, &[100, 900, 120]), Some(CheckStatus::Fail));
        assert_eq!(change(181, &[100, 900, 120]), Some(CheckStatus::Fail));
        // Of 100 and 200 it is 150; runs before the last seven do not count.
        assert_eq!(change(225, &[100, 200]), Some(CheckStatus::Pass));
        assert_eq!(
            change(100, &[100, 100, 100, 100, 100, 100, 100, 9, 9, 9, 9, 9, 9, 9, 9]),
            Some(CheckStatus::Pass)
        );
        assert_eq!(change(0, &[0]), Some(CheckStatus::Pass));
        assert_eq!(change(1, &[0]), Some(CheckStatus::Fail));
    }

    #[test]
    fn empty_cells_stay_as_rare_as_they_were() {
        let change = |result: SourceResult, earlier: &[SourceResult]| {
            let expect = |source: &mut Source| {
                source.expect = Expect { null_change: Some(0.1), ..Expect::default() };
            };
            judged(expect, &result, &[], earlier).pop()
        };
        let (_, status, message) = change(loaded(100, 40), &[loaded(200, 20)]).unwrap();
        assert_eq!(status, CheckStatus::Fail);
        assert_eq!(message, "the share of empty cells moved: `email` from 10.0 to 40.0 %");
        assert_eq!(change(loaded(100, 19), &[loaded(200, 20)]).unwrap().1, CheckStatus::Pass);
        assert!(change(loaded(0, 0), &[loaded(200, 20)]).is_none());
        assert!(change(loaded(100, 0), &[SourceResult::default()]).is_none());
    }

    #[test]
    fn broken_promises_end_the_run_with_every_warning() {
        let with = |status| result("freshness", status, "old".to_owned());
        let (pass, warn, fail) =
            (with(CheckStatus::Pass), with(CheckStatus::Warn), with(CheckStatus::Fail));
        let places = BTreeMap::from([("web".to_owned(), Location::line("shop.yaml", 7))]);
        assert!(enforce(&[("web", pass.clone())], &places).unwrap().is_empty());
        let warnings = enforce(&[("web", pass), ("crm", warn.clone())], &places).unwrap();
        assert_eq!(warnings[0].to_string(), "source `crm`: old");
        let error = enforce(&[("crm", warn), ("web", fail)], &places).unwrap_err();
        assert_eq!(error.diagnostics[1].location, Some(Location::line("shop.yaml", 7)));
        assert_eq!((error.kind, error.diagnostics.len()), (Kind::Budget, 2));
    }
}
