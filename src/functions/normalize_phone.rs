/*!
`normalize_phone(text, country)`: one spelling for one telephone number, null for what is none.

A table of how countries write their numbers in place of the crates that carry all of libphonenumber: a
minute of compile time and a chain of old dependencies for whether an exchange exists, which identity
does not need.
*/

use std::{collections::HashMap, sync::Arc, sync::LazyLock};

use datafusion::{
    arrow::{
        array::{ArrayRef, StringArray},
        datatypes::DataType,
    },
    common::exec_err,
    error::Result,
    logical_expr::ScalarUDF,
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Parameters},
    scalar::Scalar,
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "normalize_phone",
        syntax: "normalize_phone(text, country)",
        summary: "A telephone number as E.164, such as '+31201234567', null if it is none.",
        semantics: "`country` is the ISO 3166-1 code of the country whose way of dialling a number \
                    without '+' follows, such as 'NL'. Blanks, dots, dashes, slashes, brackets, a \
                    'tel:' before and an extension after the number ('x12', 'ext. 12', ';ext=12') go; \
                    so does the trunk digit, also a '(0)' after the calling code. Numbers must have \
                    as many digits as those of people and premises have in their country; whether \
                    one is in use is not checked. Null where the text or `country` is null, an error \
                    for an unknown country.",
        complexity: "O(length) a row, no state.",
        example: "select normalize_phone('(020) 123 45 67', 'NL')",
        source: "ITU-T E.164; calling codes, prefixes and lengths of libphonenumber 9.0.43 (Apache-2.0).",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters::new(FUNCTION.doc.syntax, &[Argument::Text, Argument::Text]),
        returns: DataType::Utf8,
        kernel,
    }
    .checked(|constants| {
        match constants[1].and_then(|country| country.try_as_str().flatten()) {
            Some(code) => country(code).map(drop),
            None => Ok(()),
        }
    })
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let (texts, countries) = (arguments.text(0)?, arguments.text(1)?);
    let mut numbers = Vec::with_capacity(arguments.rows);
    for row in 0..arguments.rows {
        numbers.push(match (texts.at(row), countries.at(row)) {
            (Some(text), Some(code)) => normalize(text, country(code)?),
            _ => None,
        });
    }
    Ok(Arc::new(StringArray::from(numbers)))
}

/// How numbers are written in a country.
#[derive(Debug)]
struct Country {
    calling_code: &'static str,
    /// Digits before a number within the country; empty for none.
    trunk: &'static str,
    /// Digits before a number abroad.
    abroad: &'static str,
    /// Digits of a number, without calling code and trunk.
    lengths: Vec<usize>,
}

#[derive(Debug, Default)]
struct Countries {
    by_code: HashMap<&'static str, Country>,
    /// The countries of each calling code, the largest first.
    by_calling_code: HashMap<&'static str, Vec<&'static str>>,
}

static COUNTRIES: LazyLock<Countries> = LazyLock::new(|| {
    let mut countries = Countries::default();
    let lines = include_str!("normalize_phone/countries.txt").lines();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(' ').collect();
        let [code, calling_code, trunk, abroad, lengths] = fields[..5] else {
            unreachable!("the list in the repository is whole, as its test shows")
        };
        let country = Country {
            calling_code,
            trunk: trunk.trim_start_matches('-'),
            abroad,
            lengths: lengths.split(',').filter_map(|length| length.parse().ok()).collect(),
        };
        countries.by_code.insert(code, country);
        let sharing = countries.by_calling_code.entry(calling_code).or_default();
        match fields.get(5) {
            Some(&"main") => sharing.insert(0, code),
            _ => sharing.push(code),
        }
    }
    countries
});

fn country(code: &str) -> Result<&'static Country> {
    match COUNTRIES.by_code.get(code) {
        Some(country) => Ok(country),
        None => exec_err!(
            "`{}`: unknown country `{code}`; write its ISO 3166-1 code, such as `NL`",
            FUNCTION.doc.syntax
        ),
    }
}

fn normalize(text: &str, home: &Country) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let text = without_extension(text);
    let is_international = text.trim_start_matches(['(', ' ']).starts_with('+');
    // Written so, the trunk digit is to be left out when dialling from abroad.
    let text = if is_international { text.replacen("(0)", "", 1) } else { text.to_owned() };
    let mut digits = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '0'..='9' => digits.push(character),
            '+' if digits.is_empty() => {}
            '-' | '.' | '/' | '(' | ')' | '\u{2010}'..='\u{2015}' => {}
            character if character.is_whitespace() => {}
            _ => return None,
        }
    }
    if is_international {
        return from_abroad(&digits);
    }
    if let Some(dialled) = digits.strip_prefix(home.abroad)
        && let Some(number) = from_abroad(dialled)
    {
        return Some(number);
    }
    let number = national(&digits, home)?;
    Some(format!("+{}{number}", home.calling_code))
}

/// The text before an extension.
fn without_extension(text: &str) -> &str {
    let end = text.find(|character: char| character == ';' || character.is_ascii_alphabetic());
    let Some(end) = end else { return text };
    let lower = text[end..].to_ascii_lowercase();
    let is_extension = [";ext=", "extension", "ext", "x", "toestel", "tst"].iter().any(|word| {
        lower.strip_prefix(word).is_some_and(|rest| {
            let rest = rest.trim_start_matches(['.', ':', ' ']);
            !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())
        })
    });
    if is_extension { &text[..end] } else { text }
}

/// A number with its calling code.
fn from_abroad(digits: &str) -> Option<String> {
    // No calling code begins another one.
    let (calling_code, sharing) = (1..=3.min(digits.len()))
        .find_map(|length| COUNTRIES.by_calling_code.get_key_value(&digits[..length]))?;
    let rest = &digits[calling_code.len()..];
    let number = sharing.iter().find_map(|code| national(rest, &COUNTRIES.by_code[code]))?;
    Some(format!("+{calling_code}{number}"))
}

/// A number within a country without its trunk digits, if it has a length that is used there.
fn national<'a>(digits: &'a str, country: &Country) -> Option<&'a str> {
    let fits = |number: &&str| country.lengths.contains(&number.len());
    let dialled = digits.strip_prefix(country.trunk).filter(|_| !country.trunk.is_empty());
    dialled.filter(fits).or(Some(digits).filter(fits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole() {
        assert!(COUNTRIES.by_code.len() > 240);
        for (code, country) in &COUNTRIES.by_code {
            assert_eq!(code.len(), 2);
            assert!(!country.lengths.is_empty(), "{code}");
            let sharing = &COUNTRIES.by_calling_code[country.calling_code];
            assert!(sharing.contains(code));
            let numbers = [country.calling_code, country.trunk, country.abroad];
            assert!(numbers.iter().all(|text| text.bytes().all(|byte| byte.is_ascii_digit())));
        }
        for one in COUNTRIES.by_calling_code.keys() {
            for other in COUNTRIES.by_calling_code.keys() {
                assert!(one == other || !one.starts_with(other), "{one} begins with {other}");
            }
        }
    }
}
