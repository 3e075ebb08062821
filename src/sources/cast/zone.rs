/*!
Local times become instants.

Looking a local time up in the zone's history costs more than parsing it, and exports hold the same
hours again and again: the offset of a local hour is remembered when it is the same all through it.
*/

use chrono::{DateTime, MappedLocalTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::config::source::{Ambiguous, Nonexistent};

use super::fault::Fault;

const HOUR: i64 = 3600;
const SLOTS: usize = 1024;

#[derive(Debug, Clone)]
pub(crate) struct Zone {
    tz: Tz,
    ambiguous: Ambiguous,
    nonexistent: Nonexistent,
    /// Offsets of local hours, by hour number modulo `SLOTS`.
    known: Vec<(i64, i32)>,
}

impl Zone {
    pub(crate) fn new(tz: Tz, ambiguous: Ambiguous, nonexistent: Nonexistent) -> Self {
        Self { tz, ambiguous, nonexistent, known: vec![(i64::MIN, 0); SLOTS] }
    }

    /// Seconds since 1970 in UTC of what a clock in this zone showed.
    pub(crate) fn instant(&mut self, local: i64) -> Result<i64, Fault> {
        if self.tz == Tz::UTC {
            return Ok(local);
        }
        let hour = local.div_euclid(HOUR);
        let slot = hour.rem_euclid(SLOTS as i64) as usize;
        let (known, offset) = self.known[slot];
        if known == hour {
            return Ok(local - i64::from(offset));
        }
        let first = self.offsets(hour * HOUR);
        let last = self.offsets(hour * HOUR + HOUR - 1);
        if let (MappedLocalTime::Single(first), MappedLocalTime::Single(last)) = (first, last)
            && first == last
        {
            self.known[slot] = (hour, first);
            return Ok(local - i64::from(first));
        }
        match self.offsets(local) {
            MappedLocalTime::Single(offset) => Ok(local - i64::from(offset)),
            MappedLocalTime::Ambiguous(earliest, latest) => match self.ambiguous {
                Ambiguous::Earliest => Ok(local - i64::from(earliest)),
                Ambiguous::Latest => Ok(local - i64::from(latest)),
                Ambiguous::Error => Err(Fault::Ambiguous),
            },
            MappedLocalTime::None => match self.nonexistent {
                Nonexistent::ShiftForward => Ok(self.end_of_gap(local)),
                Nonexistent::Error => Err(Fault::Nonexistent),
            },
        }
    }

    /// What a clock in this zone shows at an instant, as seconds since 1970.
    pub(crate) fn local(&self, instant: i64) -> i64 {
        instant + i64::from(self.offset_at(instant))
    }

    fn offsets(&self, local: i64) -> MappedLocalTime<i32> {
        match DateTime::from_timestamp(local, 0) {
            Some(clock) => self
                .tz
                .offset_from_local_datetime(&clock.naive_utc())
                .map(|offset| offset.fix().local_minus_utc()),
            None => MappedLocalTime::None,
        }
    }

    fn offset_at(&self, instant: i64) -> i32 {
        DateTime::from_timestamp(instant, 0).map_or(0, |at| {
            self.tz.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
        })
    }

    /// The first instant after the gap that a skipped local time falls into.
    fn end_of_gap(&self, local: i64) -> i64 {
        // No offset reaches 16 hours, so these two lie before and after the gap.
        let (mut before, mut after) = (local - 16 * HOUR, local + 16 * HOUR);
        let old = self.offset_at(before);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            if self.offset_at(middle) == old {
                before = middle;
            } else {
                after = middle;
            }
        }
        after
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp()
    }

    fn amsterdam(ambiguous: Ambiguous, nonexistent: Nonexistent) -> Zone {
        Zone::new(Tz::Europe__Amsterdam, ambiguous, nonexistent)
    }

    /// EU summer time 2026 begins on 29 March and ends on 25 October, both at 01:00 UTC
    /// (Directive 2000/84/EC).
    #[test]
    fn the_hours_that_clocks_skip_or_show_twice() {
        let skipped = at("2026-03-29T02:30:00Z");
        let twice = at("2026-10-25T02:30:00Z");
        let mut lenient = amsterdam(Ambiguous::Earliest, Nonexistent::ShiftForward);
        assert_eq!(lenient.instant(skipped), Ok(at("2026-03-29T03:00:00+02:00")));
        assert_eq!(lenient.instant(twice), Ok(at("2026-10-25T02:30:00+02:00")));
        let mut latest = amsterdam(Ambiguous::Latest, Nonexistent::ShiftForward);
        assert_eq!(latest.instant(twice), Ok(at("2026-10-25T02:30:00+01:00")));
        let mut strict = amsterdam(Ambiguous::Error, Nonexistent::Error);
        assert_eq!(strict.instant(skipped), Err(Fault::Nonexistent));
        assert_eq!(strict.instant(twice), Err(Fault::Ambiguous));
        // The neighbours are as clear as ever, also once their hour is remembered.
        for _ in 0..2 {
            assert_eq!(
                strict.instant(at("2026-03-29T01:59:59Z")),
                Ok(at("2026-03-29T01:59:59+01:00"))
            );
            assert_eq!(
                strict.instant(at("2026-03-29T03:00:00Z")),
                Ok(at("2026-03-29T03:00:00+02:00"))
            );
            assert_eq!(
                strict.instant(at("2026-10-25T03:00:00Z")),
                Ok(at("2026-10-25T03:00:00+01:00"))
            );
        }
    }

    #[test]
    fn half_hour_changes_are_not_rounded_to_the_hour() {
        // Lord Howe Island moves its clocks by 30 minutes, on 2026-10-04 from 02:00 to 02:30.
        let mut zone =
            Zone::new(Tz::Australia__Lord_Howe, Ambiguous::Earliest, Nonexistent::ShiftForward);
        for (local, instant) in [
            ("2026-10-04T01:59:00Z", "2026-10-04T01:59:00+10:30"),
            ("2026-10-04T02:10:00Z", "2026-10-04T02:30:00+11:00"),
            ("2026-10-04T02:40:00Z", "2026-10-04T02:40:00+11:00"),
        ] {
            assert_eq!(zone.instant(at(local)), Ok(at(instant)), "{local}");
        }
    }

    proptest! {
        #[test]
        fn remembering_changes_nothing(locals in prop::collection::vec(0i64..4_102_444_800, 1..50)) {
            let mut zone = amsterdam(Ambiguous::Earliest, Nonexistent::ShiftForward);
            for local in locals.iter().chain(&locals) {
                let mut fresh = amsterdam(Ambiguous::Earliest, Nonexistent::ShiftForward);
                prop_assert_eq!(zone.instant(*local), fresh.instant(*local));
            }
        }
    }
}
