/*!
Patterns of file names: `*` within a name, `**` for any number of folders, and `{date:YYYYMMDD}`.

Pure text: what lies in the fixed part in front is [`Pattern::folder`], what lies below it is
matched by [`Pattern::matches`].
*/

use chrono::NaiveDate;
use regex::{Captures, Regex};

#[derive(Debug)]
pub(super) struct Pattern {
    /// Everything up to the last `/` before the first wildcard; the whole text where there is none.
    pub(super) folder: String,
    /// What a path below the folder must look like; none where the text names a single file.
    rest: Option<Rest>,
}

#[derive(Debug)]
struct Rest {
    regex: Regex,
    dates: Vec<DatePart>,
    /// How many folders lie between; none where `**` leaves it open.
    depth: Option<usize>,
    hidden: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DatePart {
    Year,
    Month,
    Day,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Letter(char),
    Star,
    Folders,
    Date(DatePart),
}

impl Pattern {
    /// Reads a pattern, or says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let tokens = tokens(text)?;
        let is_letter = |token: &Token| matches!(token, Token::Letter(_));
        let Some(wild) = tokens.iter().position(|token| !is_letter(token)) else {
            return Ok(Self { folder: text.into(), rest: None });
        };
        let slash = tokens[..wild].iter().rposition(|token| *token == Token::Letter('/'));
        let (folder, rest) = tokens.split_at(slash.map_or(0, |at| at + 1));
        let folder = folder.iter().filter_map(|token| match token {
            Token::Letter(letter) => Some(*letter),
            _ => None,
        });
        Ok(Self { folder: folder.collect(), rest: Some(Rest::new(rest)?) })
    }

    /// Whether the text names one file rather than a set.
    pub(super) fn is_single(&self) -> bool {
        self.rest.is_none()
    }

    /// Whether only the folder itself has to be listed, not what lies below.
    pub(super) fn is_flat(&self) -> bool {
        self.rest.as_ref().is_some_and(|rest| rest.depth == Some(0))
    }

    /// Whether a path below the folder lies where matches lie, whatever its name.
    pub(super) fn is_beside(&self, path: &str) -> bool {
        let Some(rest) = &self.rest else { return false };
        let depth = path.matches('/').count();
        rest.depth.is_none_or(|expected| expected == depth)
            && !path.split('/').any(|part| part.starts_with(['.', '_']))
    }

    /// Whether a path below the folder matches, and with which date.
    pub(super) fn matches(&self, path: &str) -> Option<Option<NaiveDate>> {
        let rest = self.rest.as_ref()?;
        if !rest.hidden && path.split('/').any(|part| part.starts_with('.')) {
            return None;
        }
        let found = rest.regex.captures(path)?;
        match rest.dates.is_empty() {
            true => Some(None),
            false => Some(Some(rest.date(&found)?)),
        }
    }
}

impl Rest {
    fn new(tokens: &[Token]) -> Result<Self, String> {
        let mut regex = String::from("^");
        let mut dates = Vec::new();
        for token in tokens {
            match token {
                Token::Letter(letter) => regex.push_str(&regex::escape(&letter.to_string())),
                Token::Star => regex.push_str("[^/]*"),
                Token::Folders => regex.push_str("(?:[^/]+/)*"),
                Token::Date(part) => {
                    regex.push_str(if *part == DatePart::Year { r"(\d{4})" } else { r"(\d{2})" });
                    dates.push(*part);
                }
            }
        }
        regex.push('$');
        let has = |part| dates.contains(&part);
        if !dates.is_empty() && !has(DatePart::Year) || has(DatePart::Day) && !has(DatePart::Month)
        {
            return Err("its date needs YYYY, YYYY and MM, or YYYY, MM and DD".into());
        }
        let folders = tokens.iter().filter(|token| **token == Token::Letter('/')).count();
        let depth = (!tokens.contains(&Token::Folders)).then_some(folders);
        let starts = std::iter::once(&Token::Letter('/')).chain(tokens);
        let hidden = starts
            .zip(tokens)
            .any(|(before, token)| *before == Token::Letter('/') && *token == Token::Letter('.'));
        let regex = Regex::new(&regex).map_err(|_| "it is too long".to_owned())?;
        Ok(Self { regex, dates, depth, hidden })
    }

    /// The date of the captured digits; none where they are no date or contradict each other.
    fn date(&self, found: &Captures<'_>) -> Option<NaiveDate> {
        let part = |wanted: DatePart| -> Option<Option<u32>> {
            let mut value = None;
            for (index, part) in self.dates.iter().enumerate() {
                if *part == wanted {
                    let digits = found[index + 1].parse().ok()?;
                    if value.is_some_and(|earlier| earlier != digits) {
                        return None;
                    }
                    value = Some(digits);
                }
            }
            Some(value)
        };
        let year = i32::try_from(part(DatePart::Year)??).ok()?;
        let month = part(DatePart::Month)?.unwrap_or(1);
        let day = part(DatePart::Day)?.unwrap_or(1);
        NaiveDate::from_ymd_opt(year, month, day)
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**") {
            let starts_part = matches!(tokens.last(), None | Some(Token::Letter('/')));
            match after.strip_prefix('/') {
                Some(after) if starts_part => {
                    tokens.push(Token::Folders);
                    rest = after;
                }
                None if starts_part && after.is_empty() => {
                    tokens.extend([Token::Folders, Token::Star]);
                    rest = after;
                }
                _ => return Err("`**` stands for whole folders, as in `a/**/*.csv`".into()),
            }
        } else if let Some(after) = rest.strip_prefix('{') {
            let (inside, after) = after.split_once('}').ok_or("a `{` is not closed")?;
            let format = inside.strip_prefix("date:").ok_or_else(|| {
                format!("`{{{inside}}}` is unknown; there is `{{date:YYYYMMDD}}`")
            })?;
            tokens.extend(date_tokens(format)?);
            rest = after;
        } else {
            tokens.push(if letter == '*' { Token::Star } else { Token::Letter(letter) });
            rest = &rest[letter.len_utf8()..];
        }
    }
    Ok(tokens)
}

fn date_tokens(format: &str) -> Result<Vec<Token>, String> {
    const PARTS: [(&str, DatePart); 3] =
        [("YYYY", DatePart::Year), ("MM", DatePart::Month), ("DD", DatePart::Day)];
    let mut tokens = Vec::new();
    let mut rest = format;
    while let Some(letter) = rest.chars().next() {
        if let Some((name, part)) = PARTS.iter().find(|(name, _)| rest.starts_with(name)) {
            tokens.push(Token::Date(*part));
            rest = &rest[name.len()..];
        } else if letter.is_alphanumeric() {
            return Err(format!("`{{date:{format}}}` may hold YYYY, MM, DD and punctuation"));
        } else {
            tokens.push(Token::Letter(letter));
            rest = &rest[letter.len_utf8()..];
        }
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, path: &str) -> Option<Option<String>> {
        let pattern = Pattern::parse(pattern).unwrap();
        pattern.matches(path).map(|date| date.map(|date| date.to_string()))
    }

    #[test]
    fn stars_stay_within_a_name_and_double_stars_do_not() {
        assert_eq!(check("x/*.csv", "a.csv"), Some(None));
        assert_eq!(check("x/*.csv", "b/a.csv"), None);
        assert_eq!(check("x/*.csv", "a.csv.gz"), None);
        assert_eq!(check("x/*.csv", ".a.csv"), None);
        assert_eq!(check("x/.*.csv", ".a.csv"), Some(None));
        assert_eq!(check("x/a[1]*.csv", "a[1]b.csv"), Some(None));
        assert_eq!(check("x/**/*.csv", "a.csv"), Some(None));
        assert_eq!(check("x/**/*.csv", "b/c/a.csv"), Some(None));
        assert_eq!(check("x/**", "b/c"), Some(None));
        assert_eq!(check("x/*/part.csv", "b/part.csv"), Some(None));
    }

    #[test]
    fn dates_are_read_wherever_they_stand() {
        let day = Some(Some("2026-06-30".to_owned()));
        assert_eq!(check("web/e_{date:YYYYMMDD}.gz", "e_20260630.gz"), day);
        assert_eq!(check("web/{date:YYYY/MM/DD}/*.gz", "2026/06/30/a.gz"), day);
        assert_eq!(check("web/y={date:YYYY}/{date:MM-DD}.gz", "y=2026/06-30.gz"), day);
        assert_eq!(check("{date:YYYYMM}.gz", "202606.gz"), Some(Some("2026-06-01".into())));
        assert_eq!(check("e_{date:YYYYMMDD}.gz", "e_20260231.gz"), None, "no such day");
        assert_eq!(check("{date:YYYY}/{date:YYYYMMDD}", "2025/20260630"), None, "two years");
    }

    #[test]
    fn the_folder_is_what_is_fixed() {
        let folder = |text| Pattern::parse(text).unwrap().folder;
        assert_eq!(folder("a/b/*.csv"), "a/b/");
        assert_eq!(folder("*.csv"), "");
        assert_eq!(folder("s3://bucket/{date:YYYY}/x"), "s3://bucket/");
        assert!(Pattern::parse("a/b.csv").unwrap().is_single());
        assert!(Pattern::parse("a/*.csv").unwrap().is_flat());
        assert!(!Pattern::parse("a/*/b.csv").unwrap().is_flat());
    }

    #[test]
    fn what_no_pattern_can_be_is_explained() {
        for (text, why) in [
            ("a/b**/c", "whole folders"),
            ("a/{exports}/c", "`{exports}` is unknown"),
            ("a/{date:YYYYMMDD", "not closed"),
            ("a/{date:yyyymmdd}", "may hold YYYY, MM, DD"),
            ("a/{date:MMDD}", "needs YYYY"),
            ("a/{date:YYYYDD}", "needs YYYY"),
        ] {
            let message = Pattern::parse(text).unwrap_err();
            assert!(message.contains(why), "{text}: {message}");
        }
    }
}
