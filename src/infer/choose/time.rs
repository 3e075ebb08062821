/*!
Dates and time stamps: ISO, in formats, or counted since 1970.
*/

use serde_json::json;

use super::{Context, Verdict, is_rare, text::nulls};
use crate::infer::{
    names,
    profile::Profile,
    times::{FORMATS, Reading},
    values,
};

/// 1990 to 2040, in seconds.
const YEARS: std::ops::RangeInclusive<i64> = 631_152_000..=2_208_988_800;
/// Units of an epoch and their number in a second.
const UNITS: [(&str, i64); 3] = [("s", 1), ("ms", 1_000), ("us", 1_000_000)];

pub(super) fn verdict(name: &str, profile: &Profile, context: &Context<'_>) -> Option<Verdict> {
    let nulls = nulls(profile, values::is_null_marker);
    let values = profile.values - nulls.iter().map(|(_, count)| count).sum::<u64>();
    if values == 0 {
        return None;
    }
    written(name, profile, &nulls, values, context)
        .or_else(|| counted(name, profile, values))
        .map(|verdict| verdict.nulls(&nulls))
}

/// Dates in digits and words.
fn written(
    name: &str,
    profile: &Profile,
    nulls: &[(String, u64)],
    values: u64,
    context: &Context<'_>,
) -> Option<Verdict> {
    let is_null = |word: &str| nulls.iter().any(|(null, _)| null == word);
    let mut reading = profile.times.reading(is_null)?;
    let texts = |reading: &Reading| -> Vec<&'static str> {
        reading.formats.iter().map(|format| FORMATS[*format].text.as_str()).collect()
    };
    // Eight digits, or a year of two, are dates only where the name says so.
    let doubtful =
        texts(&reading).iter().any(|format| *format == "%Y%m%d" || format.contains("%y"));
    // What is written like a date and is none is a bad date; anything else is another kind of value.
    let strangers = reading.misfit_count - reading.impossible;
    let bad = !is_rare(strangers, values) || reading.misfit_count * 5 > values;
    if doubtful && !names::is_time(name) || bad {
        return None;
    }
    if reading.ambiguous && context.month_first == Some(true) {
        for format in &mut reading.formats {
            if let Some(swapped) = FORMATS[*format].swapped()
                && FORMATS[*format].text.starts_with("%d")
            {
                *format = swapped;
            }
        }
    }
    let has_time = reading.formats.iter().any(|format| FORMATS[*format].has_time());
    let mut verdict = Verdict::new(if has_time { "timestamp" } else { "date" });
    let iso = if has_time { profile.times.iso_timestamps } else { profile.times.iso_dates };
    if iso != reading.values {
        verdict = verdict.set("formats", json!(texts(&reading)));
    }
    if reading.ambiguous {
        let why = if context.month_first.is_some() { "as another column" } else { "a guess" };
        let format = texts(&reading).join(", ");
        verdict = verdict.note(format!("day and month could be swapped: read as {format}, {why}"));
    } else {
        let order = |sign: &str| texts(&reading).iter().any(|format| format.starts_with(sign));
        verdict.month_first = match (order("%m"), order("%d")) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        };
    }
    let what = if has_time { "time stamp" } else { "date" };
    verdict = verdict.misfits(reading.misfit_count, values, what, &reading.misfits, context);
    if reading.formats.len() > 1 && iso != reading.values {
        verdict = verdict.note(format!("{} formats in one column", reading.formats.len()));
    }
    let with_offset = match iso == reading.values {
        true => profile.times.iso_with_offset == iso,
        false => reading.formats.iter().all(|format| FORMATS[*format].has_offset()),
    };
    verdict.local = has_time && !with_offset;
    Some(verdict)
}

/// Whole numbers since 1970.
fn counted(name: &str, profile: &Profile, values: u64) -> Option<Verdict> {
    let (least, greatest) = (profile.numbers.least?, profile.numbers.greatest?);
    if profile.numbers.whole != values || names::is_identifier(name) || names::is_money(name) {
        return None;
    }
    let (unit, _) = UNITS.into_iter().find(|(unit, per_second)| {
        let within =
            YEARS.contains(&(least / per_second)) && YEARS.contains(&(greatest / per_second));
        within && (names::is_time(name) || *unit != "s")
    })?;
    Some(Verdict::new("timestamp").set("epoch", unit))
}
