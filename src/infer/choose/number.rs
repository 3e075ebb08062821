/*!
Numbers: counts, amounts, measurements, and identifiers that only look like numbers.
*/

use super::{Context, Verdict, is_rare, text::nulls};
use crate::infer::{
    names,
    numbers::{Numbers, STYLES},
    profile::Profile,
    tally::Place,
    values,
};

/// Whole numbers from here on are identifiers rather than quantities.
const LONG: i64 = 100_000_000_000;

/// The signs that most columns of a source are written with.
pub(crate) fn style_of<'a>(numbers: impl Iterator<Item = &'a Profile> + Clone) -> usize {
    let score = |style: usize| -> (u64, u64) {
        let mut columns = 0;
        let mut values = 0;
        for profile in numbers.clone() {
            let others = profile.numbers.with_sign();
            let fitting = profile.numbers.signed[style].values;
            if others > 0
                && is_rare(profile.values - profile.numbers.fitting(style), profile.values)
            {
                columns += 1;
            }
            values += fitting;
        }
        (columns, values)
    };
    // Of equals the first: no thousands sign unless it is needed.
    (0..STYLES.len()).max_by_key(|style| (score(*style), std::cmp::Reverse(*style))).unwrap_or(0)
}

pub(super) fn verdict(name: &str, profile: &Profile, context: &Context<'_>) -> Option<Verdict> {
    let numbers = &profile.numbers;
    let mut nulls = nulls(profile, values::is_null_marker);
    nulls.extend(negative_markers(profile));
    let values = profile.values - nulls.iter().map(|(_, count)| count).sum::<u64>();
    if values == 0 || stays_text(name, profile) {
        return None;
    }
    // A column may be written with other signs than the rest of its file.
    let style = [context.style, 0, 1, 2, 3]
        .into_iter()
        .max_by_key(|style| (numbers.signed[*style].values, *style == context.style))?;
    let style = if numbers.signed[style].values == numbers.signed[context.style].values {
        context.style
    } else {
        style
    };
    let misfits: Vec<(String, u64, Place)> = numbers
        .others
        .words()
        .filter(|(word, ..)| nulls.iter().all(|(null, _)| null != word))
        .map(|(word, count, place)| (word.to_owned(), count, place))
        .collect();
    let markers: u64 = nulls.iter().map(|(_, count)| count).sum();
    let bad = (profile.values - numbers.fitting(style))
        .saturating_sub(markers - negative_markers(profile).map_or(0, |(_, count)| count));
    if !is_rare(bad, values) {
        return None;
    }
    let fit = numbers.signed[style];
    let whole = fit.fractions == 0;
    // A few codes with letters among numbers: all of them are codes, unless it is a quantity.
    if bad > 0 && whole && !names::is_measure(name) {
        return None;
    }
    let coordinate = name
        .split('_')
        .any(|word| matches!(word, "lat" | "latitude" | "lng" | "lon" | "longitude"));
    let mut verdict = if profile.percents > 0 {
        // Two digits move behind the decimal sign.
        Verdict::new(if fit.beyond_two == 0 { "decimal(18,4)" } else { "float64" })
    } else if whole && (names::is_money(name) || profile.marks.total() > 0) {
        Verdict::new("decimal(18,2)").note("whole numbers so far; cents would be `minor_units: 2`")
    } else if whole {
        Verdict::new("int64")
    } else if coordinate {
        Verdict::new("float64")
    } else if fit.beyond_two == 0 {
        Verdict::new("decimal(18,2)")
    } else if fit.beyond_four == 0 {
        Verdict::new("decimal(18,4)")
    } else {
        Verdict::new("float64").note("more than four decimals")
    };
    if style != context.style {
        let (decimal, thousands) = STYLES[style];
        verdict = verdict.set("decimal", decimal.to_string());
        if let Some(thousands) = thousands {
            verdict = verdict.set("thousands", thousands.to_string());
        }
    }
    if profile.percents > 0 {
        verdict = verdict.set("percent", true).note("`12 %` becomes 0.12");
    }
    if profile.marks.total() > 0 {
        let marks: Vec<&str> = profile.marks.words().map(|(mark, ..)| mark).collect();
        verdict = verdict.set("strip", marks);
    }
    verdict = verdict.misfits(bad, values, "number", &misfits, context);
    Some(verdict.nulls(&nulls))
}

/// Digits that are an identifier all the same.
fn stays_text(name: &str, profile: &Profile) -> bool {
    let Numbers { leading_zeros, too_long, exponents, greatest, .. } = &profile.numbers;
    let signed = profile.numbers.with_sign() > exponents.total();
    let quantity = names::is_measure(name) || profile.percents > 0 || profile.marks.total() > 0;
    let long = greatest.is_some_and(|greatest| greatest >= LONG) && !signed;
    let destroyed = exponents.total() > 0 && profile.kinds.numbers == 0;
    *too_long > 0
        || destroyed
        || *leading_zeros > 0 && !quantity
        || long && !quantity
        || names::is_identifier(name) && !(signed && names::is_money(name))
        || profile.phones * 2 > profile.values
}

/// `-99`, `-99997`: codes for "no answer" or "suppressed", where nothing else is negative.
fn negative_markers(profile: &Profile) -> Option<(String, u64)> {
    let is_marker = |word: &str| {
        word.strip_prefix('-').is_some_and(|digits| digits.len() > 1 && digits.starts_with("99"))
            && word[1..].bytes().all(|byte| byte.is_ascii_digit())
    };
    let (word, count, _) = profile.words.words().find(|(word, ..)| is_marker(word))?;
    let alone = count == profile.numbers.negative && count < profile.values;
    alone.then(|| (word.to_owned(), count))
}
