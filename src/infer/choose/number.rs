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

/// How the numbers of delimited text are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// The place in [`STYLES`] of their signs.
    pub(crate) style: usize,
    /// Some column shows which sign is the decimal one; otherwise that is a guess.
    pub(crate) shown: bool,
}

/// The signs that most columns of a source are written with.
///
/// A column of `1.250` and `12.500` shows nothing: the others say which sign is the decimal one, and
/// where none does, the sign is taken for one of thousands. Read so, a mistake is a thousand times
/// too large and seen at once; read as decimals, visitors come in halves.
pub(crate) fn style_of(columns: &[(&str, &Profile)]) -> Written {
    let all: Vec<&Profile> = columns.iter().map(|(_, profile)| *profile).collect();
    let (doubtful, telling): (Vec<&(&str, &Profile)>, Vec<_>) = columns
        .iter()
        .partition(|(name, profile)| is_doubtful(name, profile) && reads(profile, |_| true));
    let telling: Vec<&Profile> = telling.into_iter().map(|(_, profile)| *profile).collect();
    let style = voted(&telling, |_| true);
    let shown = telling.iter().any(|profile| {
        profile.numbers.signed[style].values > 0 && reads(profile, |of| of == style)
    });
    if doubtful.is_empty() {
        return Written { style, shown };
    }
    let guessed = || {
        let groups = doubtful.iter().filter_map(|(_, profile)| profile.numbers.grouping());
        let points = groups.clone().filter(|found| found.sign == '.').count();
        if points * 2 > groups.count() { ',' } else { '.' }
    };
    let decimal = if shown { STYLES[style].0 } else { guessed() };
    Written { style: voted(&all, |style| STYLES[style].0 == decimal), shown }
}

/// The style that reads most columns, and of those most values.
fn voted(columns: &[&Profile], among: impl Fn(usize) -> bool) -> usize {
    let score = |style: usize| -> (usize, u64) {
        let read = columns.iter().filter(|profile| reads(profile, |of| of == style));
        let values = columns.iter().map(|profile| profile.numbers.signed[style].values);
        (read.count(), values.sum())
    };
    // Of equals the first: no thousands sign unless it is needed.
    (0..STYLES.len())
        .filter(|style| among(*style))
        .max_by_key(|style| (score(*style), std::cmp::Reverse(*style)))
        .unwrap_or(0)
}

/// Whether one of the styles reads a column that holds signs.
fn reads(profile: &Profile, styles: impl Fn(usize) -> bool) -> bool {
    let values = profile.values.saturating_sub(profile.markers.total());
    let misfits = |style: usize| values.saturating_sub(profile.numbers.fitting(style));
    profile.numbers.with_sign() > 0
        && (0..STYLES.len()).any(|style| styles(style) && is_rare(misfits(style), values))
}

/// Whether the sign of a column may be one of thousands or of decimals.
fn is_doubtful(name: &str, profile: &Profile) -> bool {
    let grouping = profile.numbers.grouping();
    grouping.is_some_and(|found| !found.certain)
        && profile.percents == 0
        && !names::is_fraction(name)
}

/// The style of a column, which may be another than the rest of its file.
fn own_style(name: &str, profile: &Profile, context: &Context<'_>) -> usize {
    let numbers = &profile.numbers;
    if let (Some(grouping), Some(written)) = (numbers.grouping(), context.written)
        && (is_doubtful(name, profile) || grouping.certain)
        && (grouping.certain || STYLES[written.style].0 != grouping.sign)
    {
        return grouping.style();
    }
    let values = |style: usize| numbers.signed[style].values;
    let best = (0..STYLES.len()).max_by_key(|style| (values(*style), std::cmp::Reverse(*style)));
    best.filter(|best| values(*best) > values(context.style)).unwrap_or(context.style)
}

/// What has to be said where `1.250` is read as one or the other.
fn doubt(name: &str, profile: &Profile, context: &Context<'_>) -> Option<String> {
    let sign = profile.numbers.grouping().filter(|_| is_doubtful(name, profile))?.sign;
    let written = context.written?;
    let is_decimal = STYLES[written.style].0 == sign;
    if written.shown && !is_decimal {
        // The other sign is the one of decimals: there is no doubt left.
        return None;
    }
    let of = if is_decimal { "decimals" } else { "thousands" };
    let why = if written.shown { "as another column" } else { "a guess" };
    Some(format!(
        "thousands and decimals could be swapped: `{sign}` is read as the sign of {of}, {why}"
    ))
}

pub(super) fn verdict(name: &str, profile: &Profile, context: &Context<'_>) -> Option<Verdict> {
    let numbers = &profile.numbers;
    let mut nulls = nulls(profile, values::is_null_marker);
    nulls.extend(negative_markers(profile));
    let values = profile.values - nulls.iter().map(|(_, count)| count).sum::<u64>();
    if values == 0 || stays_text(name, profile) {
        return None;
    }
    let style = own_style(name, profile, context);
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
    if whole && STYLES[style].1 == Some(' ') && is_spaced_code(name, profile) {
        return None;
    }
    // A few codes with letters among numbers: all of them are codes, unless it is a quantity.
    if bad > 0 && whole && !names::is_measure(name) {
        return None;
    }
    let mut verdict = if profile.percents > 0 {
        // Two digits move behind the decimal sign.
        Verdict::new(if fit.beyond_two == 0 { "decimal(18,4)" } else { "float64" })
    } else if whole && (names::is_money(name) || profile.marks.total() > 0) {
        Verdict::new("decimal(18,2)").note("whole numbers so far; cents would be `minor_units: 2`")
    } else if whole {
        Verdict::new("int64")
    } else if names::is_coordinate(name) {
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
        // The source's sign would hold otherwise, and may be this column's decimal one.
        if thousands != STYLES[context.style].1 {
            verdict = verdict.set("thousands", thousands.map(String::from).unwrap_or_default());
        }
    }
    if let Some(doubt) = doubt(name, profile, context) {
        verdict = verdict.note(doubt);
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

/// Digits in groups that all have the same length, as company registers and telephones have them.
fn is_spaced_code(name: &str, profile: &Profile) -> bool {
    let numbers = &profile.numbers;
    let spaced = numbers.with_sign() > 0 && numbers.grouping().is_none();
    spaced && numbers.whole == 0 && profile.marks.total() == 0 && !names::is_measure(name)
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
