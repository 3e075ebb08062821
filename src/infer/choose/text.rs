/*!
Text: what remains, and what is odd about it.
*/

use serde_json::json;

use super::{Context, Verdict, examples, grouped, short};
use crate::{
    infer::{names, numbers::STYLES, profile::Profile, tally::Place, values},
    sources::is_formula_error,
};

/// A JSON document in every cell.
pub(super) fn document(profile: &Profile) -> Option<Verdict> {
    (profile.documents == profile.values).then(|| Verdict::new("json"))
}

pub(super) fn verdict(name: &str, profile: &Profile, context: &Context<'_>) -> Verdict {
    let nulls = nulls(profile, values::is_null_marker_in_text);
    let mut verdict = Verdict::new("string").nulls(&nulls);
    let of = profile.values - nulls.iter().map(|(_, count)| count).sum::<u64>();
    let numbers = &profile.numbers;
    let said = |count: u64, what: &str| {
        let verb = if of == 1 { "value has" } else { "values have" };
        match count == of {
            true => format!("all {} {verb} {what}", grouped(of)),
            false => format!("{} of {} {verb} {what}", grouped(count), grouped(of)),
        }
    };
    if numbers.exponents.total() > 0 && profile.kinds.numbers == 0 {
        let example = numbers.exponents.words().next().map_or("", |(word, ..)| word);
        verdict = verdict.note(format!(
            "suspicious: {} such as `{}`, an identifier that a spreadsheet destroyed",
            if numbers.exponents.total() == 1 {
                "a value".to_owned()
            } else {
                format!("{} values", grouped(numbers.exponents.total()))
            },
            short(example)
        ));
    }
    if numbers.leading_zeros > 0 {
        verdict = verdict.note(said(numbers.leading_zeros, "a leading zero") + ": stays text");
    } else if numbers.too_long > 0 {
        verdict =
            verdict.note(said(numbers.too_long, "more digits than an integer") + ": stays text");
    } else if numbers.whole == of && of > 0 {
        verdict = verdict.note("digits, but an identifier: stays text");
    }
    if profile.guarded * 2 > of {
        verdict = verdict
            .set("strip", json!(["'"]))
            .note(said(profile.guarded, "an apostrophe that guards digits"));
    } else if !names::is_identifier(name)
        && let Some(mixed) = mixed(profile, of, context)
    {
        verdict = verdict.note(mixed);
    }
    let mentions = profile.mentions + profile.emails;
    if mentions > 0 && mentions * 2 <= of {
        verdict = verdict.note(said(mentions, "an e-mail address in them"));
    }
    verdict
}

/// Mostly numbers or dates, but not all.
fn mixed(profile: &Profile, of: u64, context: &Context<'_>) -> Option<String> {
    let style = (0..STYLES.len()).max_by_key(|style| profile.numbers.fitting(*style))?;
    let numbers = profile.numbers.fitting(style);
    let reading = profile.times.reading(|_| false);
    let dates = reading.as_ref().map_or(0, |reading| reading.values);
    let (what, count, misfits) = if dates > numbers {
        ("dates", dates, reading?.misfits)
    } else {
        let owned = |(word, count, place): (&str, u64, Place)| (word.to_owned(), count, place);
        ("numbers", numbers, profile.numbers.others.words().map(owned).collect())
    };
    (count * 2 >= of && count < of && !misfits.is_empty()).then(|| {
        format!(
            "mixed: {} of {} values are {what}, not {}",
            grouped(count),
            grouped(of),
            examples(&misfits, context)
        )
    })
}

/// The class of personal data that most values show.
pub(super) fn pii_of_values(profile: &Profile) -> Option<&'static str> {
    let most = |count: u64| count > 0 && count * 10 >= profile.values * 8;
    if most(profile.emails) {
        Some("email")
    } else if most(profile.addresses) {
        Some("ip")
    } else if most(profile.phones) {
        Some("phone")
    } else if profile.mentions > 0 {
        Some("free_text")
    } else {
        None
    }
}

/// The texts of a column that stand for no value, and how often.
pub(super) fn nulls(profile: &Profile, is_null: fn(&str) -> bool) -> Vec<(String, u64)> {
    let found = profile.markers.words().filter(|(word, ..)| is_null(word));
    let words: Vec<(String, u64)> =
        found.map(|(word, count, _)| (word.to_owned(), count)).collect();
    let nulls: u64 = words.iter().map(|(_, count)| count).sum();
    // A column of nothing but markers says nothing about them; errors are no values anywhere.
    let errors = || words.iter().all(|(word, _)| is_formula_error(word));
    if nulls < profile.values || errors() { words } else { Vec::new() }
}
