/*!
Calendar dates and clock times as written, before any zone is applied.
*/

use super::fault::Fault;

pub(crate) const DAY: i64 = 86_400;

/// A date and time of day with the offset from UTC that was written beside it, if any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    /// Days since 1970-01-01.
    pub(crate) day: i32,
    /// Seconds since midnight.
    pub(crate) second: u32,
    pub(crate) microsecond: u32,
    /// Seconds east of UTC.
    pub(crate) offset: Option<i32>,
}

impl Civil {
    /// Seconds since 1970 as if the clock showed UTC.
    pub(crate) fn local_seconds(&self) -> i64 {
        i64::from(self.day) * DAY + i64::from(self.second)
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar; years 1 to 9999.
pub(crate) fn day_number(year: i32, month: u32, day: u32) -> Result<i32, Fault> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return Err(Fault::Malformed),
    };
    if !(1..=9999).contains(&year) || !(1..=length).contains(&day) {
        return Err(Fault::Malformed);
    }
    // Counted in years that begin in March, so that the leap day is the last one:
    // https://howardhinnant.github.io/date_algorithms.html#days_from_civil
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let month = (month as i32 + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day as i32 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Ok(era * 146_097 + day_of_era - 719_468)
}

/// `hour`, `minute`, `second` as seconds since midnight.
pub(crate) fn second_of_day(hour: u32, minute: u32, second: u32) -> Result<u32, Fault> {
    if hour > 23 || minute > 59 || second > 59 {
        return Err(Fault::Malformed);
    }
    Ok(hour * 3600 + minute * 60 + second)
}

/// A cursor over the bytes of a cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    pub(crate) rest: &'a [u8],
}

impl Cursor<'_> {
    pub(crate) fn accepts(&mut self, byte: u8) -> bool {
        let found = self.rest.first() == Some(&byte);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    pub(crate) fn expects(&mut self, byte: u8) -> Result<(), Fault> {
        if self.accepts(byte) { Ok(()) } else { Err(Fault::Malformed) }
    }

    /// A number of at least `least` and at most `most` digits.
    pub(crate) fn digits(&mut self, least: usize, most: usize) -> Result<u32, Fault> {
        let mut value = 0;
        let mut count = 0;
        while count < most && self.rest.get(count).is_some_and(u8::is_ascii_digit) {
            value = value * 10 + u32::from(self.rest[count] - b'0');
            count += 1;
        }
        self.rest = &self.rest[count..];
        if count < least { Err(Fault::Malformed) } else { Ok(value) }
    }

    /// Decimals of a second, cut to microseconds: that is what a time stamp keeps.
    pub(crate) fn fraction(&mut self) -> Result<u32, Fault> {
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&count) {
            return Err(Fault::Malformed);
        }
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        let padded = (0..6).map(|at| digits.get(at).map_or(0, |byte| u32::from(byte - b'0')));
        Ok(padded.fold(0, |value, digit| value * 10 + digit))
    }

    /// `Z`, `+02`, `+0200` or `+02:00`.
    pub(crate) fn offset(&mut self) -> Result<i32, Fault> {
        if self.accepts(b'Z') || self.accepts(b'z') {
            return Ok(0);
        }
        let sign = if self.accepts(b'+') {
            1
        } else {
            self.expects(b'-')?;
            -1
        };
        let hours = self.digits(2, 2)?;
        let colon = self.accepts(b':');
        let minutes = if colon || !self.rest.is_empty() && self.rest[0].is_ascii_digit() {
            self.digits(2, 2)?
        } else {
            0
        };
        // The widest offsets in use are -12:00 and +14:00.
        if hours > 15 || minutes > 59 {
            return Err(Fault::Malformed);
        }
        Ok(sign * (hours * 3600 + minutes * 60) as i32)
    }
}

/// `2026-03-29`.
pub(crate) fn iso_date(cursor: &mut Cursor) -> Result<i32, Fault> {
    let year = cursor.digits(4, 4)?;
    cursor.expects(b'-')?;
    let month = cursor.digits(2, 2)?;
    cursor.expects(b'-')?;
    let day = cursor.digits(2, 2)?;
    day_number(year as i32, month, day)
}

/// `2026-03-29T02:30:00.123Z`; a space may stand for the `T`, seconds and offset may be missing.
pub(crate) fn iso_timestamp(cell: &[u8]) -> Result<Civil, Fault> {
    let cursor = &mut Cursor { rest: cell };
    let day = iso_date(cursor)?;
    if !(cursor.accepts(b'T') || cursor.accepts(b't')) {
        cursor.expects(b' ')?;
    }
    let hour = cursor.digits(2, 2)?;
    cursor.expects(b':')?;
    let minute = cursor.digits(2, 2)?;
    let mut second = 0;
    let mut microsecond = 0;
    if cursor.accepts(b':') {
        second = cursor.digits(2, 2)?;
        if cursor.accepts(b'.') || cursor.accepts(b',') {
            microsecond = cursor.fraction()?;
        }
    }
    cursor.accepts(b' ');
    let offset = match cursor.rest {
        [] => None,
        b"UTC" => {
            cursor.rest = &[];
            Some(0)
        }
        _ => Some(cursor.offset()?),
    };
    if !cursor.rest.is_empty() {
        return Err(Fault::Malformed);
    }
    Ok(Civil { day, second: second_of_day(hour, minute, second)?, microsecond, offset })
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Datelike, NaiveDate};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn iso_time_stamps() {
        let seconds = |text: &str| {
            iso_timestamp(text.as_bytes()).map(|at| (at.local_seconds(), at.microsecond, at.offset))
        };
        // date -u -d '2026-03-29 02:30:00' +%s
        let at = 1_774_751_400;
        for (text, expected) in [
            ("2026-03-29T02:30:00Z", Ok((at, 0, Some(0)))),
            ("2026-03-29 02:30", Ok((at, 0, None))),
            ("2026-03-29 02:30:00 UTC", Ok((at, 0, Some(0)))),
            ("2026-03-29 02:30:00 +0200", Ok((at, 0, Some(7200)))),
            ("2026-03-29T02:30:00.5-05:30", Ok((at, 500_000, Some(-19_800)))),
            ("2026-03-29T02:30:00.123456789+02", Ok((at, 123_456, Some(7200)))),
            ("1970-01-01T00:00:00", Ok((0, 0, None))),
            ("1969-12-31T23:59:59", Ok((-1, 0, None))),
            ("2024-02-29T00:00", Ok((1_709_164_800, 0, None))),
            ("2023-02-29T00:00", Err(Fault::Malformed)),
            ("2026-13-01T00:00", Err(Fault::Malformed)),
            ("2026-00-01T00:00", Err(Fault::Malformed)),
            ("2026-01-32T00:00", Err(Fault::Malformed)),
            ("2026-01-01T24:00", Err(Fault::Malformed)),
            ("2026-01-01T23:59:60", Err(Fault::Malformed)),
            ("0000-01-01T00:00", Err(Fault::Malformed)),
            ("2026-01-01", Err(Fault::Malformed)),
            ("2026-01-01T00:00:00.Z", Err(Fault::Malformed)),
            ("2026-01-01T00:00:00Zulu", Err(Fault::Malformed)),
            ("2026-01-01T00:00:00+2", Err(Fault::Malformed)),
            ("2026-1-1T00:00", Err(Fault::Malformed)),
            ("29-03-2026 02:30", Err(Fault::Malformed)),
            ("", Err(Fault::Malformed)),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn days_agree_with_chrono(day in -719_162i32..2_932_896) {
            let date = NaiveDate::from_epoch_days(day).unwrap();
            prop_assert_eq!(day_number(date.year(), date.month(), date.day()), Ok(day));
        }

        #[test]
        fn rfc3339_agrees_with_chrono(text in "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,9})?(Z|[+-]0[0-9]:[0-5]0)") {
            let ours = iso_timestamp(text.as_bytes()).ok();
            // chrono takes second 60 as a leap second; no export means one.
            if !text[17..].starts_with("60") {
                let theirs = DateTime::parse_from_rfc3339(&text).ok();
                prop_assert_eq!(
                    ours.map(|at| (at.local_seconds() - i64::from(at.offset.unwrap()), at.microsecond)),
                    theirs.map(|at| (at.timestamp(), at.timestamp_subsec_micros()))
                );
            }
        }
    }
}
