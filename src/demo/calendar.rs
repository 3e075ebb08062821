/*!
The local calendar of the synthetic company: window days, months and UTC seconds.
*/

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::{Europe::Amsterdam, Tz};

/// Where the company lives.
pub(crate) const ZONE: Tz = Amsterdam;

/// The window of days the exports cover.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    pub(crate) first: NaiveDate,
    pub(crate) last: NaiveDate,
    /// UTC second at which each day starts, and at which the day after the last one does.
    starts: Vec<i64>,
}

impl Calendar {
    /// The `months` months that end on `last`.
    pub(crate) fn new(last: NaiveDate, months: u32) -> Self {
        let after = last + Days::new(1);
        let first = after - Months::new(months);
        let starts = first.iter_days().take_while(|day| *day <= after).map(midnight).collect();
        Self { first, last, starts }
    }

    pub(crate) fn days(&self) -> u32 {
        self.starts.len() as u32 - 1
    }

    pub(crate) fn date(&self, day: u32) -> NaiveDate {
        self.first + Days::new(u64::from(day))
    }

    /// The second at which a day of the window starts.
    pub(crate) fn start(&self, day: u32) -> i64 {
        self.starts[day as usize]
    }

    /// The exclusive end of what is known.
    pub(crate) fn end(&self) -> i64 {
        self.starts[self.starts.len() - 1]
    }

    /// Months of the window, as the first day of each.
    pub(crate) fn months(&self) -> Vec<NaiveDate> {
        let mut month = first_of_month(self.first);
        let mut months = Vec::new();
        while month <= self.last {
            months.push(month);
            month = month + Months::new(1);
        }
        months
    }
}

pub(crate) fn first_of_month(date: NaiveDate) -> NaiveDate {
    date - Days::new(u64::from(date.day0()))
}

fn midnight(date: NaiveDate) -> i64 {
    utc(date.and_time(chrono::NaiveTime::MIN))
}

/// The UTC second of a local time; the world plans nothing within an hour of a clock change.
pub(crate) fn utc(local: NaiveDateTime) -> i64 {
    ZONE.from_local_datetime(&local)
        .earliest()
        .expect("the world plans nothing in the hour that a clock change skips")
        .timestamp()
}

/// The local time of a UTC second.
pub(crate) fn local(second: i64) -> NaiveDateTime {
    DateTime::<Utc>::from_timestamp(second, 0)
        .expect("the world lies within the years chrono knows")
        .with_timezone(&ZONE)
        .naive_local()
}

pub(crate) fn local_date(second: i64) -> NaiveDate {
    local(second).date()
}

/// ISO 8601 in UTC with microseconds, as the truth files write it.
pub(crate) fn iso_micros(micros: i64) -> String {
    stamp(micros).format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// ISO 8601 in UTC, whole seconds.
pub(crate) fn iso(second: i64) -> String {
    stamp(second * 1_000_000).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn stamp(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).expect("the world lies within the years chrono knows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_the_local_clock() {
        let calendar = Calendar::new(NaiveDate::from_ymd_opt(2026, 6, 30).unwrap(), 12);
        assert_eq!(calendar.first, NaiveDate::from_ymd_opt(2025, 7, 1).unwrap());
        assert_eq!((calendar.days(), calendar.months().len()), (365, 12));
        // 2026-03-29 lasts 23 hours in Amsterdam, 2025-10-26 lasts 25.
        let length = |year, month, day| {
            let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
            let index = (date - calendar.first).num_days() as u32;
            (calendar.start(index + 1) - calendar.start(index)) / 3_600
        };
        assert_eq!((length(2026, 3, 29), length(2025, 10, 26), length(2026, 1, 1)), (23, 25, 24));
        assert_eq!(iso(calendar.end()), "2026-06-30T22:00:00Z");
    }
}
