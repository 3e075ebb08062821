/*!
Patterns of file names: `*` within a name, `**` for any number of folders, and `{date:…}`.

A date is written with `YYYY MM DD HH mm ss`, in any order and with anything between that is no
letter or digit, or as `epoch_s` or `epoch_ms`. Pure text: what lies in the fixed part in front is
[`Pattern::folder`], what lies below it is matched by [`Pattern::matches`].
*/

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike};
use regex::{Captures, Regex};

#[derive(Debug)]
pub(crate) struct Pattern {
    /// Everything up to the last `/` before the first wildcard; the whole text where there is none.
    pub(crate) folder: String,
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
    Hour,
    Minute,
    Second,
    EpochSeconds,
    EpochMilliseconds,
}

impl DatePart {
    /// From the largest on: a part needs those before it, and an epoch needs none.
    const CALENDAR: [(&str, Self); 6] = [
        ("YYYY", Self::Year),
        ("MM", Self::Month),
        ("DD", Self::Day),
        ("HH", Self::Hour),
        ("mm", Self::Minute),
        ("ss", Self::Second),
    ];

    fn digits(self) -> usize {
        match self {
            Self::Year => 4,
            Self::EpochSeconds => 10,
            Self::EpochMilliseconds => 13,
            _ => 2,
        }
    }
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
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
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
    pub(crate) fn is_single(&self) -> bool {
        self.rest.is_none()
    }

    /// Whether only the folder itself has to be listed, not what lies below.
    pub(crate) fn is_flat(&self) -> bool {
        self.rest.as_ref().is_some_and(|rest| rest.depth == Some(0))
    }

    /// Whether a path below the folder lies where matches lie, whatever its name.
    pub(crate) fn is_beside(&self, path: &str) -> bool {
        let Some(rest) = &self.rest else { return false };
        let depth = path.matches('/').count();
        rest.depth.is_none_or(|expected| expected == depth)
            && !path.split('/').any(|part| part.starts_with(['.', '_']))
    }

    /// Whether a path below the folder matches, and which period it names.
    pub(crate) fn matches(&self, path: &str) -> Option<Option<NaiveDateTime>> {
        let rest = self.rest.as_ref()?;
        if !rest.hidden && path.split('/').any(|part| part.starts_with('.')) {
            return None;
        }
        let found = rest.regex.captures(path)?;
        match rest.dates.is_empty() {
            true => Some(None),
            false => Some(Some(rest.period(&found)?)),
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
                    regex.push_str(&format!(r"(\d{{{}}})", part.digits()));
                    dates.push(*part);
                }
            }
        }
        regex.push('$');
        let has = |part| dates.contains(&part);
        let is_epoch = has(DatePart::EpochSeconds) || has(DatePart::EpochMilliseconds);
        let given = DatePart::CALENDAR.map(|(_, part)| has(part));
        if !is_epoch && given.windows(2).any(|pair| !pair[0] && pair[1]) {
            return Err("its date needs YYYY before MM, MM before DD, and so on to ss".into());
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

    /// What the captured digits mean; none where they are no date or contradict each other.
    fn period(&self, found: &Captures<'_>) -> Option<NaiveDateTime> {
        let mut calendar = [None; DatePart::CALENDAR.len()];
        let (mut seconds, mut milliseconds) = (None, None);
        for (index, part) in self.dates.iter().enumerate() {
            let digits: i64 = found[index + 1].parse().ok()?;
            let value = match part {
                DatePart::EpochSeconds => &mut seconds,
                DatePart::EpochMilliseconds => &mut milliseconds,
                _ => {
                    &mut calendar[DatePart::CALENDAR.iter().position(|(_, known)| known == part)?]
                }
            };
            if value.replace(digits).is_some_and(|earlier| earlier != digits) {
                return None;
            }
        }
        let period = match (milliseconds, seconds) {
            (Some(milliseconds), _) => DateTime::from_timestamp_millis(milliseconds)?.naive_utc(),
            (None, Some(seconds)) => DateTime::from_timestamp(seconds, 0)?.naive_utc(),
            (None, None) => written(calendar)?,
        };
        // Beside an epoch the other parts say the same, as far as they go.
        let agrees = seconds.is_none_or(|seconds| seconds == period.and_utc().timestamp())
            && calendar
                .iter()
                .zip(parts(period))
                .all(|(given, part)| given.is_none_or(|given| given == part));
        agrees.then_some(period)
    }
}

/// The period that calendar parts give.
fn written(calendar: [Option<i64>; DatePart::CALENDAR.len()]) -> Option<NaiveDateTime> {
    let [year, month, day, hour, minute, second] = calendar;
    let part =
        |value: Option<i64>, first: u32| value.map_or(Some(first), |value| value.try_into().ok());
    NaiveDate::from_ymd_opt(year?.try_into().ok()?, part(month, 1)?, part(day, 1)?)?.and_hms_opt(
        part(hour, 0)?,
        part(minute, 0)?,
        part(second, 0)?,
    )
}

/// The calendar parts of a period.
fn parts(period: NaiveDateTime) -> [i64; DatePart::CALENDAR.len()] {
    [
        i64::from(period.year()),
        period.month().into(),
        period.day().into(),
        period.hour().into(),
        period.minute().into(),
        period.second().into(),
    ]
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
    match format {
        "epoch_s" => return Ok(vec![Token::Date(DatePart::EpochSeconds)]),
        "epoch_ms" => return Ok(vec![Token::Date(DatePart::EpochMilliseconds)]),
        _ => {}
    }
    let mut tokens = Vec::new();
    let mut rest = format;
    while let Some(letter) = rest.chars().next() {
        if let Some((name, part)) =
            DatePart::CALENDAR.iter().find(|(name, _)| rest.starts_with(name))
        {
            tokens.push(Token::Date(*part));
            rest = &rest[name.len()..];
        } else if letter.is_alphanumeric() && letter != 'T' {
            return Err(format!(
                "`{{date:{format}}}` may hold YYYY, MM, DD, HH, mm, ss, T and punctuation, or be epoch_s or epoch_ms"
            ));
        } else {
            tokens.push(Token::Letter(letter));
            rest = &rest[letter.len_utf8()..];
        }
    }
    Ok(tokens)
}

/// A pattern that tells files apart rather than finding them. Without a `/` it is about the name of
/// a file, else about the end of its path, from the start of a folder.
#[derive(Debug)]
pub struct Glob {
    rest: Rest,
    folders: usize,
}

impl Glob {
    /// Reads a pattern, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let tokens = tokens(text)?;
        let slash = Token::Letter('/');
        Ok(Self {
            rest: Rest::new(&tokens)?,
            folders: tokens.iter().filter(|token| **token == slash).count(),
        })
    }

    pub fn matches(&self, path: &str) -> bool {
        let mut tails = std::iter::once(path)
            .chain(path.match_indices('/').map(|(at, _)| &path[at + 1..]))
            .filter(|tail| self.rest.depth.is_none() || tail.matches('/').count() == self.folders);
        tails.any(|tail| self.rest.regex.is_match(tail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, path: &str) -> Option<Option<String>> {
        let pattern = Pattern::parse(pattern).unwrap();
        pattern.matches(path).map(|period| period.map(|period| period.to_string()))
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
        let day = Some(Some("2026-06-30 00:00:00".to_owned()));
        assert_eq!(check("web/e_{date:YYYYMMDD}.gz", "e_20260630.gz"), day);
        assert_eq!(check("web/{date:YYYY/MM/DD}/*.gz", "2026/06/30/a.gz"), day);
        assert_eq!(check("web/y={date:YYYY}/{date:MM-DD}.gz", "y=2026/06-30.gz"), day);
        assert_eq!(check("rudder/{date:MM-DD-YYYY}/*.gz", "06-30-2026/1.gz"), day);
        let month = Some(Some("2026-06-01 00:00:00".to_owned()));
        assert_eq!(check("{date:YYYYMM}.gz", "202606.gz"), month);
        let hour = Some(Some("2026-06-30 23:00:00".to_owned()));
        assert_eq!(check("E1.{date:YYYY-MM-DD-HH}.*.gz", "E1.2026-06-30-23.a1b2.gz"), hour);
        assert_eq!(check("{date:YYYYMMDDTHH}.gz", "20260630T23.gz"), hour);
        let second = Some(Some("2026-06-30 23:59:58".to_owned()));
        assert_eq!(check("run={date:YYYY-MM-DD-HH-mm-ss}/x", "run=2026-06-30-23-59-58/x"), second);
        // date -u -d 2026-06-30 +%s
        assert_eq!(check("s/{date:epoch_ms}/*.gz", "1782777600000/a.gz"), day);
        assert_eq!(check("s/{date:epoch_s}/*.gz", "1782777600/a.gz"), day);
        assert_eq!(check("s/{date:epoch_s}/{date:YYYYMMDD}", "1782777600/20260630"), day);
        assert_eq!(check("s/{date:epoch_s}/{date:YYYYMMDD}", "1782777600/20260629"), None);
        let hour = Some(Some("2026-06-30 01:00:00".to_owned()));
        assert_eq!(check("s/{date:epoch_s}/{date:YYYYMMDD}", "1782781200/20260630"), hour);
        assert_eq!(check("s/{date:epoch_s}/{date:YYYYMMDD}", "3565555201/20260631"), None);
        assert_eq!(check("{date:epoch_s}.{date:epoch_ms}", "1782781200.1782781200000"), hour);
        assert_eq!(check("{date:epoch_s}.{date:epoch_ms}", "1782781201.1782781200000"), None);
        assert_eq!(check("{date:YYYYMMDDHH}.gz", "2026063024.gz"), None, "no such hour");
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
            ("a/{date:YYYYDD}", "MM before DD"),
            ("a/{date:YYYYMMDDmm}", "needs YYYY"),
            ("a/{date:epoch}", "epoch_ms"),
        ] {
            let message = Pattern::parse(text).unwrap_err();
            assert!(message.contains(why), "{text}: {message}");
        }
    }

    #[test]
    fn globs_are_about_the_end_of_a_path() {
        for (glob, path, expected) in [
            ("events_intraday_*", "web/events_intraday_20260630.gz", true),
            ("events_intraday_*", "events_intraday_20260630.gz", true),
            ("events_intraday_*", "events_intraday_x/events_1.gz", false),
            ("testmode/*", "s3://acme/testmode/a.csv", true),
            ("testmode/*", "s3://acme/mytestmode/a.csv", false),
            ("testmode/*", "testmode/b/a.csv", false),
            ("testmode/**", "x/testmode/b/a.csv", true),
            ("*.bak", "x/.a.bak", true),
        ] {
            assert_eq!(Glob::parse(glob).unwrap().matches(path), expected, "{glob} {path}");
        }
        assert!(Glob::parse("a/{exports}").is_err());
    }
}
