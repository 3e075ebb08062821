/*!
Truth values: two words that say yes and no.
*/

use serde_json::json;

use super::{Verdict, text::nulls};
use crate::infer::{names, profile::Profile, values};

/// Yes, no, and whether one of them alone says enough.
const PAIRS: [(&str, &str, bool); 15] = [
    ("true", "false", true),
    ("waar", "onwaar", true),
    ("wahr", "falsch", true),
    ("vrai", "faux", true),
    ("t", "f", false),
    ("yes", "no", false),
    ("y", "n", false),
    ("ja", "nee", false),
    ("j", "n", false),
    ("oui", "non", false),
    ("ja", "nein", false),
    ("sí", "no", false),
    ("si", "no", false),
    ("on", "off", false),
    ("1", "0", false),
];
/// What the loader takes for true and false by itself.
const KNOWN: [&str; 10] = ["true", "t", "yes", "y", "1", "false", "f", "no", "n", "0"];

pub(super) fn verdict(name: &str, profile: &Profile) -> Option<Verdict> {
    if profile.kinds.bools == profile.values {
        return Some(Verdict::new("bool"));
    }
    if !profile.words.complete() {
        return None;
    }
    let nulls = nulls(profile, values::is_null_marker);
    let words: Vec<String> = profile
        .words
        .words()
        .filter(|(word, ..)| nulls.iter().all(|(null, _)| null != word))
        .map(|(word, ..)| word.to_lowercase())
        .collect();
    let among = |word: &str| words.iter().any(|seen| seen == word);
    let named = names::is_flag(name);
    let (yes, no, _) = PAIRS.into_iter().find(|(yes, no, plain)| {
        let only = words.iter().all(|word| word == yes || word == no);
        let enough = match *yes {
            "1" => named,
            _ => among(yes) && among(no) || (*plain || named) && !words.is_empty(),
        };
        only && enough && !words.is_empty()
    })?;
    let verdict = Verdict::new("bool");
    Some(
        match KNOWN.contains(&yes) && KNOWN.contains(&no) {
            true => verdict,
            false => verdict.set("true_values", json!([yes])).set("false_values", json!([no])),
        }
        .nulls(&nulls),
    )
}
