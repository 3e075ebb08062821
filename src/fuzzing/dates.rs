/*!
Dates in paths: the templates that are declared, and those that are proposed for a path.
*/

use chrono::NaiveDateTime;

use crate::{infer::template, storage::Pattern};

use super::lines;

/// The first line is a pattern, the rest a path.
///
/// The path that a pattern is written out to for a period that it found matches it, with the same
/// period. What is proposed for a path finds that path.
pub fn date_templates(data: &[u8]) {
    let Some((text, path)) = lines(data) else { return };
    proposes(path);
    let Ok(pattern) = Pattern::parse(text) else { return };
    let below = path.strip_prefix(pattern.folder.as_str()).unwrap_or(path);
    let Some(found) = pattern.matches(below) else { return };
    assert!(!pattern.is_single());
    assert!(!pattern.is_flat() || !below.contains('/'), "{text} found {below}");
    let Some(period) = found else { return };
    let Some(written) = written(text, period) else { return };
    let rest = written.strip_prefix(pattern.folder.as_str());
    let rest = rest.unwrap_or_else(|| panic!("{written} begins with {}", pattern.folder));
    assert_eq!(pattern.matches(rest), Some(Some(period)), "{text} found {below}, not {rest}");
}

/// A pattern with a period in place of its dates; none if it has not the digits for it.
fn written(pattern: &str, period: NaiveDateTime) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        if let Some(dated) = rest.strip_prefix("{date:") {
            let (format, after) = dated.split_once('}')?;
            out.push_str(&date(format, period)?);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("**/") {
            rest = after;
        } else if let Some(after) = rest.strip_prefix('*') {
            out.push('x');
            rest = after;
        } else {
            out.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    Some(out)
}

fn date(format: &str, period: NaiveDateTime) -> Option<String> {
    let epoch = period.and_utc();
    let has_digits = (1_000_000_000..10_000_000_000).contains(&epoch.timestamp());
    match format {
        "epoch_s" => return has_digits.then(|| epoch.timestamp().to_string()),
        "epoch_ms" => return has_digits.then(|| epoch.timestamp_millis().to_string()),
        _ => {}
    }
    let mut out = String::new();
    let mut rest = format;
    while let Some(letter) = rest.chars().next() {
        let part =
            [("YYYY", "%Y"), ("MM", "%m"), ("DD", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S")]
                .into_iter()
                .find_map(|(letters, strftime)| Some((rest.strip_prefix(letters)?, strftime)));
        if let Some((after, strftime)) = part {
            out.push_str(&period.format(strftime).to_string());
            rest = after;
        } else {
            out.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    Some(out)
}

fn proposes(path: &str) {
    // No file is called so, or no pattern can say it.
    let unsaid = ['\0', '\n', '{', '}', '*'];
    if path.contains(unsaid) || path.split('/').any(str::is_empty) {
        return;
    }
    let template = template(path);
    let pattern = match Pattern::parse(&template) {
        Ok(pattern) => pattern,
        Err(why) => panic!("`{template}` was proposed for `{path}`: {why}"),
    };
    if pattern.is_single() {
        assert_eq!(pattern.folder, path);
        return;
    }
    let below = path.strip_prefix(pattern.folder.as_str());
    let below = below.unwrap_or_else(|| panic!("`{path}` begins with `{}`", pattern.folder));
    assert!(pattern.matches(below).is_some(), "`{template}` was proposed for `{path}`");
}
