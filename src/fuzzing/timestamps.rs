/*!
Dates and times of day: the formats that are declared, and ISO 8601 where none is.
*/

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

use crate::{
    config::source::{Ambiguous, Nonexistent},
    sources::{Civil, DatePattern, Zone, iso_civil},
};

use super::lines;

/// The first line is a format, the rest a cell.
///
/// What a format reads and chrono then writes in it, it reads as the same again. Where chrono reads
/// the cell too, both mean the same. An instant in a zone comes back from the clock there.
pub fn timestamps(data: &[u8]) {
    let Some((format, cell)) = lines(data) else { return };
    if let Ok(at) = iso_civil(cell.as_bytes()) {
        let written = stamp(&at).to_rfc3339();
        assert_eq!(instant(&iso_civil(written.as_bytes()).expect("ISO 8601")), instant(&at));
        clocks(at.local_seconds());
    }
    let Ok(pattern) = DatePattern::new(format) else { return };
    let Ok(at) = pattern.read(cell.as_bytes()) else { return };
    clocks(at.local_seconds());
    // Chrono writes no names of zones, pads with spaces where it was told so, and knows years of
    // two digits from 1970 to 2069 alone.
    if format.contains("%Z") {
        return;
    }
    let written = stamp(&at).format(format).to_string();
    let again = pattern.read(written.as_bytes());
    let again = again.unwrap_or_else(|_| panic!("`{format}` wrote `{written}` for `{cell}`"));
    let (seconds, offset) = (at.local_seconds(), at.offset);
    assert_eq!((again.local_seconds(), again.offset), (seconds, offset), "{format}: {cell}");
    if !format.contains('%') {
        return;
    }
    // Chrono wants minutes beside hours: where it has no time of day, the day alone compares.
    if let Ok(theirs) = NaiveDateTime::parse_from_str(cell, format) {
        assert_eq!(theirs.and_utc().timestamp(), seconds, "{format}: {cell}");
    } else if let Ok(theirs) = NaiveDate::parse_from_str(cell, format) {
        let day = DateTime::from_timestamp(seconds, 0).expect("years are below 10000").date_naive();
        assert_eq!(theirs, day, "{format}: {cell}");
    }
}

/// As chrono has it.
fn stamp(at: &Civil) -> DateTime<FixedOffset> {
    let offset = FixedOffset::east_opt(at.offset.unwrap_or(0)).expect("offsets are below a day");
    let local = DateTime::from_timestamp(at.local_seconds(), at.microsecond * 1_000);
    let local = local.expect("years are below 10000").naive_utc();
    local.and_local_timezone(offset).single().expect("a fixed offset repeats no hour")
}

fn instant(at: &Civil) -> (i64, u32) {
    (at.local_seconds() - i64::from(at.offset.unwrap_or(0)), at.microsecond)
}

/// A clock that shows a time shows it again at the instant that was made of it; a time that it skips
/// becomes the moment the clock was set.
fn clocks(local: i64) {
    for tz in [Tz::Europe__Amsterdam, Tz::America__New_York, Tz::Australia__Lord_Howe] {
        for ambiguous in [Ambiguous::Earliest, Ambiguous::Latest] {
            let mut strict = Zone::new(tz, ambiguous, Nonexistent::Error);
            let mut shifting = Zone::new(tz, ambiguous, Nonexistent::ShiftForward);
            let shifted = shifting.instant(local).expect("every time is shifted to one there is");
            match strict.instant(local) {
                Ok(at) => {
                    assert_eq!(at, shifted);
                    assert_eq!(strict.local(at), local, "{tz}");
                }
                Err(_) => {
                    assert!(shifting.local(shifted) > local, "{tz}: {local}");
                    assert!(shifting.local(shifted - 1) < local, "{tz}: {local}");
                }
            }
        }
    }
}
