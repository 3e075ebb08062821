/*!
Date and time formats in strftime's letters, compiled once and followed byte by byte.

Known: `%Y %y %m %b %B %d %e %H %I %M %S %f %.f %p %z %Z %T %F %R %D %%`. `%f` is a fraction of a
second (as in Python), `%Z` one of `UTC`, `GMT`, `Z`: other names of zones are not unique.
*/

use super::{
    civil::{Civil, Cursor, day_number, second_of_day},
    fault::Fault,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Byte(u8),
    Space,
    Year,
    ShortYear,
    Month,
    MonthName,
    Day,
    Hour,
    Hour12,
    Minute,
    Second,
    Fraction,
    PointFraction,
    HalfDay,
    Offset,
    ZoneName,
}

/// A compiled format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    items: Vec<Item>,
}

const MONTHS: [&[u8]; 12] = [
    b"january",
    b"february",
    b"march",
    b"april",
    b"may",
    b"june",
    b"july",
    b"august",
    b"september",
    b"october",
    b"november",
    b"december",
];

impl Pattern {
    /// Compiles a format, or says which letter it does not know.
    pub(crate) fn new(format: &str) -> Result<Self, String> {
        let items = compile(format)?;
        let has = |item| items.contains(&item);
        let year = has(Item::Year) || has(Item::ShortYear);
        if !(year && (has(Item::Month) || has(Item::MonthName)) && has(Item::Day)) {
            return Err(format!("`{format}` does not hold a year, a month and a day"));
        }
        Ok(Self { items })
    }

    /// Reads a whole cell. A format without a time of day means midnight.
    pub(crate) fn read(&self, cell: &[u8]) -> Result<Civil, Fault> {
        let cursor = &mut Cursor { rest: cell };
        let (mut year, mut month, mut day) = (0, 0, 0);
        let (mut hour, mut minute, mut second, mut microsecond) = (0, 0, 0, 0);
        let mut half = None;
        let mut afternoon = None;
        let mut offset = None;
        for item in &self.items {
            match item {
                Item::Byte(byte) => cursor.expects(*byte)?,
                Item::Space => {
                    cursor.expects(b' ')?;
                    while cursor.accepts(b' ') {}
                }
                Item::Year => year = cursor.digits(4, 4)?,
                Item::ShortYear => {
                    let short = cursor.digits(2, 2)?;
                    year = short + if short < 70 { 2000 } else { 1900 };
                }
                Item::Month => month = cursor.digits(1, 2)?,
                Item::MonthName => month = month_name(cursor)?,
                Item::Day => {
                    cursor.accepts(b' ');
                    day = cursor.digits(1, 2)?;
                }
                Item::Hour => {
                    cursor.accepts(b' ');
                    hour = cursor.digits(1, 2)?;
                }
                Item::Hour12 => {
                    cursor.accepts(b' ');
                    half = Some(cursor.digits(1, 2)?);
                }
                Item::Minute => minute = cursor.digits(1, 2)?,
                Item::Second => second = cursor.digits(1, 2)?,
                Item::Fraction => microsecond = cursor.fraction()?,
                Item::PointFraction => {
                    if cursor.accepts(b'.') {
                        microsecond = cursor.fraction()?;
                    }
                }
                Item::HalfDay => afternoon = Some(half_day(cursor)?),
                Item::Offset => offset = Some(cursor.offset()?),
                Item::ZoneName => offset = Some(utc_name(cursor)?),
            }
        }
        if !cursor.rest.is_empty() {
            return Err(Fault::Malformed);
        }
        if let Some(half) = half {
            if !(1..=12).contains(&half) {
                return Err(Fault::Malformed);
            }
            if !self.items.contains(&Item::Hour) {
                hour = half % 12 + if afternoon == Some(true) { 12 } else { 0 };
            }
        }
        Ok(Civil {
            day: day_number(year as i32, month, day)?,
            second: second_of_day(hour, minute, second)?,
            microsecond,
            offset,
        })
    }
}

fn compile(format: &str) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            if letter == ' ' {
                // One takes all the blanks there are.
                if items.last() != Some(&Item::Space) {
                    items.push(Item::Space);
                }
            } else {
                items.extend(letter.to_string().bytes().map(Item::Byte));
            }
            continue;
        }
        match letters.next() {
            Some('Y') => items.push(Item::Year),
            Some('y') => items.push(Item::ShortYear),
            Some('m') => items.push(Item::Month),
            Some('b' | 'B' | 'h') => items.push(Item::MonthName),
            Some('d' | 'e') => items.push(Item::Day),
            Some('H' | 'k') => items.push(Item::Hour),
            Some('I' | 'l') => items.push(Item::Hour12),
            Some('M') => items.push(Item::Minute),
            Some('S') => items.push(Item::Second),
            Some('f') => items.push(Item::Fraction),
            Some('.') if letters.next() == Some('f') => items.push(Item::PointFraction),
            Some('p' | 'P') => items.push(Item::HalfDay),
            Some('z') => items.push(Item::Offset),
            Some('Z') => items.push(Item::ZoneName),
            Some('T') => items.extend(compile("%H:%M:%S")?),
            Some('R') => items.extend(compile("%H:%M")?),
            Some('F') => items.extend(compile("%Y-%m-%d")?),
            Some('D') => items.extend(compile("%m/%d/%y")?),
            Some('%') => items.push(Item::Byte(b'%')),
            Some(other) => return Err(format!("`%{other}` is no known part of a date format")),
            None => return Err("a date format ends in `%`".to_owned()),
        }
    }
    Ok(items)
}

fn month_name(cursor: &mut Cursor) -> Result<u32, Fault> {
    let letters = cursor.rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (name, rest) = cursor.rest.split_at(letters);
    let found = MONTHS.iter().position(|month| {
        name.eq_ignore_ascii_case(month) || name.eq_ignore_ascii_case(&month[..3])
    });
    cursor.rest = rest;
    found.map(|at| at as u32 + 1).ok_or(Fault::Malformed)
}

fn half_day(cursor: &mut Cursor) -> Result<bool, Fault> {
    let [half, b'm' | b'M', rest @ ..] = cursor.rest else { return Err(Fault::Malformed) };
    let afternoon = match half {
        b'a' | b'A' => false,
        b'p' | b'P' => true,
        _ => return Err(Fault::Malformed),
    };
    cursor.rest = rest;
    Ok(afternoon)
}

fn utc_name(cursor: &mut Cursor) -> Result<i32, Fault> {
    for name in [&b"UTC"[..], b"GMT", b"Z"] {
        if let Some(rest) = cursor.rest.strip_prefix(name) {
            cursor.rest = rest;
            return Ok(0);
        }
    }
    Err(Fault::Malformed)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDateTime;
    use proptest::prelude::*;

    use super::*;

    fn read(format: &str, cell: &str) -> Result<(i64, u32, Option<i32>), Fault> {
        let at = Pattern::new(format).unwrap().read(cell.as_bytes())?;
        Ok((at.local_seconds(), at.microsecond, at.offset))
    }

    #[test]
    fn vendors_formats() {
        // Seconds from `date -u -d '…' +%s`.
        for (format, cell, seconds) in [
            ("%d-%m-%Y %H:%M", "29-03-2026 02:30", 1_774_751_400),
            ("%m/%d/%Y %I:%M:%S %p", "6/28/2021 4:34:35 PM", 1_624_898_075),
            ("%m/%d/%Y %I:%M:%S %p", "01/31/2024 12:00:00 AM", 1_706_659_200),
            ("%b %e, %Y %I:%M:%S %p", "Oct 7, 2025 9:50:26 AM", 1_759_830_626),
            ("%d/%b/%Y:%H:%M:%S", "17/May/2015:10:05:03", 1_431_857_103),
            ("%Y%m%d", "20210330", 1_617_062_400),
            ("%d %B %Y", "1 january 1970", 0),
            ("%y-%m-%d", "70-01-01", 0),
            // As `%k` and `%l` pad them.
            ("%d-%m-%Y-%k:%M", "29-03-2026- 2:30", 1_774_751_400),
            ("%d-%m-%Y  %l:%M%p", "29-03-2026   2:30AM", 1_774_751_400),
            // The whole day's hour counts beside the half day's.
            ("%d-%m-%Y %H:%M (%I %p)", "29-03-2026 02:30 (02 AM)", 1_774_751_400),
        ] {
            assert_eq!(read(format, cell), Ok((seconds, 0, None)), "{cell}");
        }
        assert_eq!(
            read("%Y-%m-%d %H:%M:%S %z", "2025-10-07 09:50:26 +0200"),
            Ok((1_759_830_626, 0, Some(7200)))
        );
        assert_eq!(read("%FT%T%.f%z", "1970-01-01T00:00:00.0000001+00:00"), Ok((0, 0, Some(0))));
        assert_eq!(read("%F %T.%f %Z", "1970-01-01 00:00:00.25 UTC"), Ok((0, 250_000, Some(0))));
    }

    #[test]
    fn cells_that_do_not_follow_the_format() {
        for (format, cell) in [
            ("%d-%m-%Y", "2026-03-29"),
            ("%d-%m-%Y", "31-02-2026"),
            ("%d-%m-%Y", "01-01-2026 "),
            ("%d-%m-%Y", "01-01-26"),
            ("%d %b %Y", "1 foo 2026"),
            ("%d %b %Y", "1 dece 2026"),
            ("%F %I:%M %p", "2026-01-01 13:00 PM"),
            ("%F %I:%M %p", "2026-01-01 0:00 AM"),
            ("%F %I:%M %p", "2026-01-01 01:00 XM"),
            ("%F %T %Z", "2026-01-01 00:00:00 CET"),
            ("%F", ""),
        ] {
            assert_eq!(read(format, cell), Err(Fault::Malformed), "{cell}");
        }
    }

    #[test]
    fn formats_that_make_no_date_are_refused() {
        for (format, part) in [
            ("%Q", "`%Q` is no known part"),
            ("%Y-%m-%d %", "ends in `%`"),
            ("%H:%M", "does not hold a year"),
            ("%Y-%m", "does not hold a year, a month and a day"),
        ] {
            let message = Pattern::new(format).unwrap_err();
            assert!(message.contains(part), "{format}: {message}");
        }
    }

    proptest! {
        #[test]
        fn what_chrono_writes_is_read_back(
            seconds in 0i64..4_102_444_800,
            format in prop::sample::select(vec![
                "%d-%m-%Y %H:%M:%S", "%b %e, %Y %I:%M:%S %p", "%Y%m%d%H%M%S",
                "%F %T", "%B %d %Y %R:%S", "%m/%d/%Y %l:%M:%S %P",
            ]),
        ) {
            let at: NaiveDateTime = chrono::DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
            let text = at.format(format).to_string();
            prop_assert_eq!(read(format, &text), Ok((seconds, 0, None)), "{}", text);
        }

        #[test]
        fn no_cell_panics(cell in "\\PC{0,30}") {
            let _ = Pattern::new("%b %e, %Y %I:%M:%S%.f %p %z").unwrap().read(cell.as_bytes());
        }
    }
}
