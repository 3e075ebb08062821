/*!
Which date formats a column is written in, told by the loader's own date reader.

Values are grouped by their shape (`99-99-9999`), and each shape tries the formats that fitted its
earlier values first, so that a long list of formats costs little.
*/

use std::{collections::HashMap, sync::LazyLock};

use super::tally::{Place, Tally};
use crate::sources::{DatePattern, is_iso_date, iso_timestamp};

/// Dates, the more likely reading of ambiguous ones first.
const DATES: [&str; 22] = [
    "%Y-%m-%d",
    "%d-%m-%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d/%b/%Y",
    "%b %d, %Y",
    "%b %d %Y",
    "%Y-%b-%d",
    "%d-%m-%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%d %b %y",
    "%d-%b-%y",
    "%b %d, %y",
];
/// Times of day behind them; the first means none.
const CLOCKS: [&str; 21] = [
    "",
    " %H:%M",
    " %H:%M:%S",
    " %H:%M:%S%.f",
    "T%H:%M",
    "T%H:%M:%S",
    "T%H:%M:%S%.f",
    " %H:%M %z",
    " %H:%M:%S %z",
    " %H:%M:%S%z",
    " %H:%M:%S%.f %z",
    " %H:%M:%S%.f%z",
    "T%H:%M:%S%z",
    "T%H:%M:%S%.f%z",
    " %I:%M %p",
    " %I:%M:%S %p",
    " %I:%M:%S%p",
    " %H:%M:%S %Z",
    " %H:%M:%S%.f %Z",
    ":%H:%M:%S %z",
    ", %I:%M:%S %p",
];

/// A format the loader knows.
#[derive(Debug)]
pub(crate) struct Format {
    pub(crate) text: String,
    pattern: DatePattern,
    date: usize,
    clock: usize,
}

impl Format {
    pub(crate) fn reads(&self, value: &str) -> bool {
        self.pattern.read(value.as_bytes()).is_ok()
    }

    pub(crate) fn has_time(&self) -> bool {
        self.clock > 0
    }

    pub(crate) fn has_offset(&self) -> bool {
        self.text.ends_with("%z") || self.text.ends_with("%Z")
    }

    /// The same with day and month in the other order.
    pub(crate) fn swapped(&self) -> Option<usize> {
        let date = DATES[self.date];
        let other = match (date.find("%d"), date.find("%m")) {
            (Some(_), Some(_)) => date.replace("%d", "%%").replace("%m", "%d").replace("%%", "%m"),
            _ => return None,
        };
        let date = DATES.iter().position(|known| *known == other)?;
        FORMATS.iter().position(|format| format.date == date && format.clock == self.clock)
    }
}

pub(crate) static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    let mut formats = Vec::new();
    for (clock, time) in CLOCKS.iter().enumerate() {
        for (date, day) in DATES.iter().enumerate() {
            let text = format!("{day}{time}");
            let pattern = DatePattern::new(&text).expect("every date with every time is a format");
            formats.push(Format { text, pattern, date, clock });
        }
    }
    formats
});

/// Columns of more shapes than this hold no dates.
const SHAPES: usize = 48;

#[derive(Debug, Default)]
struct Shape {
    values: u64,
    /// Formats that fitted, and how many values.
    fits: Vec<(usize, u64)>,
    misfits: Tally,
}

#[derive(Debug, Default)]
pub(crate) struct Times {
    /// Values that need no format.
    pub(crate) iso_dates: u64,
    pub(crate) iso_timestamps: u64,
    pub(crate) iso_with_offset: u64,
    shapes: HashMap<String, Shape>,
    hopeless: bool,
    /// Values that do not look like a date at all.
    strangers: Tally,
}

/// The formats that read a column.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Places in [`FORMATS`], in the order to try them.
    pub(crate) formats: Vec<usize>,
    pub(crate) values: u64,
    /// Values that none of the formats reads: text, count, place.
    pub(crate) misfits: Vec<(String, u64, Place)>,
    pub(crate) misfit_count: u64,
    /// Of these: written like a date, but no day of the calendar, as `31-02-2026`.
    pub(crate) impossible: u64,
    /// Whether day and month could as well be the other way round.
    pub(crate) ambiguous: bool,
}

impl Times {
    /// Takes a value that is neither empty nor padded.
    pub(crate) fn add(&mut self, value: &str, place: Place) {
        if self.hopeless {
            return;
        }
        let digits = value.bytes().filter(u8::is_ascii_digit).count();
        if digits < 3 || value.len() > 40 || !value.is_ascii() {
            self.strangers.add(value, place);
            self.hopeless = !self.strangers.complete();
            return;
        }
        self.iso_dates += u64::from(is_iso_date(value));
        let (is_timestamp, has_offset) = iso_timestamp(value);
        self.iso_timestamps += u64::from(is_timestamp);
        self.iso_with_offset += u64::from(has_offset);
        let shape = shape(value);
        if self.shapes.len() >= SHAPES && !self.shapes.contains_key(&shape) {
            self.hopeless = true;
            return;
        }
        self.shapes.entry(shape).or_default().add(value, place);
    }

    /// How the values that were taken can be read; `None` if no format reads any of them.
    pub(crate) fn reading(&self, is_null: impl Fn(&str) -> bool) -> Option<Reading> {
        if self.hopeless {
            return None;
        }
        let mut reading = Reading::default();
        reading.miss(&self.strangers, &is_null);
        let mut open: Vec<&Shape> = self.shapes.values().collect();
        for shape in &open {
            reading.miss(&shape.misfits, &is_null);
        }
        open.retain(|shape| !shape.fits.is_empty());
        // Formats that left the order of day and month open, and those that did not.
        let (mut unsure, mut sure) = (Vec::new(), Vec::new());
        while !open.is_empty() {
            // The format that reads most of what is still open; of equals the likeliest.
            let mut gains: HashMap<usize, u64> = HashMap::new();
            for shape in &open {
                for format in shape.best() {
                    *gains.entry(format).or_default() += shape.most();
                }
            }
            let (format, _) = gains
                .into_iter()
                .max_by_key(|(format, values)| (*values, std::cmp::Reverse(likeliness(*format))))?;
            reading.formats.push(format);
            let swapped = FORMATS[format].swapped();
            open.retain(|shape| {
                let reads = |wanted: usize| shape.best().any(|best| best == wanted);
                if !reads(format) {
                    return true;
                }
                reading.values += shape.most();
                let missed = shape.misfits.words().filter(|(word, ..)| !is_null(word));
                reading.impossible += missed.map(|(_, count, _)| count).sum::<u64>();
                // Read by another format of this shape, which is not taken.
                reading.misfit_count += shape.values - shape.most() - shape.misfits.total();
                let open_order = swapped.is_some_and(reads);
                if open_order { &mut unsure } else { &mut sure }.push(FORMATS[format].date);
                false
            });
        }
        reading.ambiguous = unsure.iter().any(|date| !sure.contains(date));
        (reading.values > 0).then_some(reading)
    }
}

/// Lower is likelier: clocks with AM and PM come with American dates.
fn likeliness(format: usize) -> (bool, usize) {
    let text = &FORMATS[format].text;
    let american = !text.starts_with("%d");
    (text.ends_with("%p") && !american, format)
}

impl Reading {
    fn miss(&mut self, tally: &Tally, is_null: &impl Fn(&str) -> bool) {
        let missed = tally.words().filter(|(word, ..)| !is_null(word));
        self.misfits.extend(missed.map(|(word, count, place)| (word.to_owned(), count, place)));
        let nulls: u64 =
            tally.words().filter(|(word, ..)| is_null(word)).map(|(_, count, _)| count).sum();
        self.misfit_count += tally.total() - nulls;
    }
}

impl Shape {
    fn add(&mut self, value: &str, place: Place) {
        self.values += 1;
        let mut found = false;
        for (format, values) in &mut self.fits {
            let reads = FORMATS[*format].reads(value);
            *values += u64::from(reads);
            found |= reads;
        }
        if found {
            return;
        }
        for (number, format) in FORMATS.iter().enumerate() {
            if format.reads(value) {
                self.fits.push((number, 1));
                found = true;
            }
        }
        if !found {
            self.misfits.add(value, place);
        }
    }

    /// The most values that one format reads.
    fn most(&self) -> u64 {
        self.fits.iter().map(|(_, values)| *values).max().unwrap_or(0)
    }

    /// The formats that read so many.
    fn best(&self) -> impl Iterator<Item = usize> {
        let most = self.most();
        self.fits.iter().filter(move |(_, values)| *values == most).map(|(format, _)| *format)
    }
}

/// Digits as `9`, words as `a`, everything else as it is.
fn shape(value: &str) -> String {
    let mut shape = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '0'..='9' => shape.push('9'),
            _ if letter.is_alphabetic() => {
                if !shape.ends_with('a') {
                    shape.push('a');
                }
            }
            other => shape.push(other),
        }
    }
    shape
}
