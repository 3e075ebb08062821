/*!
What a single value gives away: an address, a number to call, or that there is none.
*/

use crate::sources::is_formula_error;

pub(crate) fn looks_like_email(value: &str) -> bool {
    let Some((local, domain)) = value.split_once('@') else { return false };
    !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !value.contains(char::is_whitespace)
        && !domain.contains('@')
}

pub(crate) fn looks_like_phone(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let signs = value.bytes().all(|byte| byte.is_ascii_digit() || b"+-() ./".contains(&byte));
    let dialled = value.starts_with('+') || value.starts_with("00") || value.starts_with("06");
    signs && dialled && (8..=15).contains(&digits) && !value.contains('.')
}

/// Texts that people and tools write where there is no value.
pub(crate) fn is_null_marker(value: &str) -> bool {
    const MARKERS: [&str; 39] = [
        "#n/a",
        "n/a",
        "na",
        "#na",
        "null",
        "none",
        "nil",
        "nan",
        "-",
        "--",
        "---",
        "?",
        "\\n",
        "#ref!",
        "#value!",
        "#div/0!",
        "#name?",
        "#num!",
        "#null!",
        "#data!",
        "(not set)",
        "(data deleted)",
        "(none)",
        "<null>",
        "(null)",
        "[null]",
        "n.v.t.",
        "nvt",
        "n.b.",
        "onbekend",
        "unknown",
        "geen",
        "(blank)",
        "(leeg)",
        "undefined",
        "missing",
        "0000-00-00",
        "00-00-0000",
        "0000-00-00 00:00:00",
    ];
    let value = value.to_lowercase();
    MARKERS.contains(&value.as_str())
}

/// Of these also in a column of text: nobody is called that and no one answers it.
pub(crate) fn is_null_marker_in_text(value: &str) -> bool {
    const MARKERS: [&str; 11] = [
        "N/A",
        "n/a",
        "#NA",
        "NULL",
        "null",
        "\\N",
        "(not set)",
        "(data deleted)",
        "(null)",
        "<null>",
        "n.v.t.",
    ];
    is_formula_error(value) || MARKERS.contains(&value)
}
