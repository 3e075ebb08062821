/*!
Text as it is written: what surrounds a value, and what is left of one that a spreadsheet destroyed.
*/

use std::borrow::Cow;

/// The value without the marks around it: `€ 1.234,56` is `1.234,56`, and `-€ 5` is `-5`.
pub(crate) fn strip<'a>(cell: &'a str, marks: &[String]) -> Cow<'a, str> {
    if let Some(rest) = cell.strip_prefix('-')
        && let Some(value) = marks.iter().find_map(|mark| rest.trim_start().strip_prefix(&**mark))
    {
        return Cow::Owned(format!("-{}", strip(value.trim(), marks)));
    }
    let mut rest = cell;
    loop {
        let shorter = marks.iter().find_map(|mark| {
            let start = rest.strip_prefix(&**mark).map(str::trim_start);
            start.or_else(|| rest.strip_suffix(&**mark).map(str::trim_end))
        });
        match shorter {
            Some(shorter) if shorter.len() < rest.len() => rest = shorter,
            _ => return Cow::Borrowed(rest),
        }
    }
}

/// As `str::trim`, which decodes letters to find that most cells have nothing to trim.
pub(crate) fn trim(cell: &str) -> &str {
    match cell.as_bytes() {
        [b'!'..=b'~'] | [b'!'..=b'~', .., b'!'..=b'~'] => cell,
        _ => cell.trim(),
    }
}

/// The spaces that typographers put between thousands as plain ones.
pub(crate) fn plainly_spaced(value: &str) -> Cow<'_, str> {
    match value.is_ascii() {
        true => Cow::Borrowed(value),
        false => Cow::Owned(value.replace(['\u{a0}', '\u{202f}', '\u{2009}'], " ")),
    }
}

/// What a spreadsheet shows where a formula failed.
pub(crate) fn is_formula_error(cell: &str) -> bool {
    const ERRORS: [&str; 8] =
        ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#DATA!"];
    ERRORS.contains(&cell)
}

/// Whether a spreadsheet once took the text for a number or a formula: `6.1E+09`, `#NAME?`, `####`.
///
/// The exponent is written as Excel and LibreOffice print it, with its sign and two digits or more.
pub(crate) fn is_destroyed(cell: &str) -> bool {
    if cell.starts_with('#') {
        return is_formula_error(cell) || cell.len() > 1 && cell.bytes().all(|byte| byte == b'#');
    }
    let Some((number, exponent)) = cell.split_once("E+").or_else(|| cell.split_once("e+")) else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    whole.len() == 1 && digits(whole) && digits(fraction) && exponent.len() >= 2 && digits(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_comes_off_both_ends() {
        for cell in [
            "",
            " ",
            "a",
            "ab",
            " a",
            "a ",
            "\u{a0}é\u{a0}",
            "é",
            "\ta b\n",
            "\u{7f}a",
            "a\u{3000}",
        ] {
            assert_eq!(trim(cell), cell.trim(), "{cell:?}");
        }
    }

    #[test]
    fn marks_come_off_both_ends() {
        let marks = ["€", "EUR", "'"].map(str::to_owned);
        for (cell, expected) in [
            ("€ 1.234,56", "1.234,56"),
            ("€\u{a0}1.234,56", "1.234,56"),
            ("1.234,56 EUR", "1.234,56"),
            ("€ 5 EUR", "5"),
            ("-€ 5", "-5"),
            ("- € 5", "-5"),
            ("€ -5", "-5"),
            ("'75008", "75008"),
            ("75008", "75008"),
            ("1€1", "1€1"),
            ("-5", "-5"),
            ("€", ""),
            ("-€", "-"),
            ("", ""),
        ] {
            assert_eq!(strip(cell, &marks), expected, "{cell}");
        }
        assert_eq!(strip("€ 5", &[]), "€ 5");
        assert_eq!(strip("5", &[String::new()]), "5");
    }

    #[test]
    fn what_spreadsheets_leave_behind() {
        for cell in ["6.1E+09", "1,23E+12", "1E+18", "6.1e+09", "-3.16E+10", "#NAME?", "####"] {
            assert!(is_destroyed(cell), "{cell}");
        }
        for cell in [
            "6.1E09",
            "31612345678",
            "1E5",
            "12E+18",
            "E+18",
            "1.E+18",
            "6.1E+9",
            "#",
            "#1001",
            "3E+1x",
            "",
        ] {
            assert!(!is_destroyed(cell), "{cell}");
        }
    }
}
