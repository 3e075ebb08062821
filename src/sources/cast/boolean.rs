/*!
Truth values in the words of the column: `true`/`false`, `1`/`0`, `WAAR`/`ONWAAR`.
*/

use super::fault::Fault;

pub(crate) fn boolean(cell: &str, yes: &[String], no: &[String]) -> Result<bool, Fault> {
    let among = |words: &[String]| words.iter().any(|word| same(word, cell));
    if among(yes) {
        Ok(true)
    } else if among(no) {
        Ok(false)
    } else {
        Err(Fault::Malformed)
    }
}

fn same(word: &str, cell: &str) -> bool {
    word.eq_ignore_ascii_case(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_match_in_any_case_and_nothing_else_does() {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let (yes, no) = (words(&["true", "1", "WAAR"]), words(&["false", "0", "ONWAAR"]));
        for (cell, expected) in [
            ("true", Ok(true)),
            ("True", Ok(true)),
            ("waar", Ok(true)),
            ("0", Ok(false)),
            ("onwaar", Ok(false)),
            ("2", Err(Fault::Malformed)),
            ("yes", Err(Fault::Malformed)),
            ("", Err(Fault::Malformed)),
        ] {
            assert_eq!(boolean(cell, &yes, &no), expected, "{cell}");
        }
    }
}
