/*!
What a cell of a workbook holds, and what is read of it.

Text is read as in any other format. What a spreadsheet knows as a number, a date or a boolean says
so by itself, and needs none of the declared formats: it is written as its column expects it.
*/

use calamine::{DataRef, ExcelDateTime, Style};

use crate::{
    config::{source::Column, types::ColumnType},
    sources::{cast::fault::Fault, chunk::Mark},
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Number(f64),
    /// A number that is shown with zeros before it, up to so many digits.
    Padded(f64, usize),
    /// A fraction of one that is shown as a percentage.
    Percent(f64),
    Bool(bool),
    Moment(Moment),
    /// What a formula could not compute: `#N/A`.
    Error(String),
}

/// A day, a time of day, or both, in ISO 8601 without a zone; the other is empty.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Moment {
    day: String,
    time: String,
}

/// How the numbers of a cell are shown, as far as it changes what they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Plainly,
    Padded(usize),
    Percent,
}

impl Shown {
    pub(crate) fn by(style: &Style) -> Self {
        let code = style.number_format.as_ref().map_or("", |format| format.format_code.as_str());
        let zeros = code.len() > 1 && code.bytes().all(|sign| sign == b'0');
        // Signs within quotes or behind a backslash are text.
        let unquoted: String = code.split('"').step_by(2).collect();
        match zeros {
            true => Self::Padded(code.len()),
            false if unquoted.replace("\\%", "").contains('%') => Self::Percent,
            false => Self::Plainly,
        }
    }
}

impl Value {
    /// None for an empty cell.
    pub(crate) fn of(cell: &DataRef<'_>, shown: Shown) -> Option<Self> {
        Some(match cell {
            DataRef::Empty => return None,
            DataRef::String(text) if text.is_empty() => return None,
            DataRef::SharedString("") => return None,
            DataRef::String(text) => Self::Text(text.clone()),
            DataRef::SharedString(text) => Self::Text((*text).to_owned()),
            DataRef::Int(number) => Self::number(*number as f64, shown),
            DataRef::Float(number) => Self::number(*number, shown),
            DataRef::Bool(value) => Self::Bool(*value),
            DataRef::DateTime(at) => Self::moment(at),
            DataRef::DateTimeIso(text) => Self::Moment(Moment::iso(text)),
            DataRef::DurationIso(text) => Self::Text(text.clone()),
            DataRef::Error(error) => Self::Error(error.to_string()),
        })
    }

    fn number(number: f64, shown: Shown) -> Self {
        match shown {
            Shown::Plainly => Self::Number(number),
            Shown::Padded(digits) => Self::Padded(number, digits),
            Shown::Percent => Self::Percent(number),
        }
    }

    fn moment(at: &ExcelDateTime) -> Self {
        // Years 1900 to 9999; what lies outside is shown as a row of `#`, and is no date.
        const END: f64 = 2_958_466.0;
        let serial = at.as_f64();
        if !(0.0..END).contains(&serial) {
            return Self::Number(serial);
        }
        if at.is_duration() {
            let milliseconds = (serial * 86_400_000.0).round() as u64;
            let (hours, rest) = (milliseconds / 3_600_000, milliseconds % 3_600_000);
            return Self::Text(clock(hours, rest / 60_000, rest / 1_000 % 60, rest % 1_000));
        }
        let (year, month, day, hour, minute, second, millisecond) = at.to_ymd_hms_milli();
        let time = clock(hour.into(), minute.into(), second.into(), millisecond.into());
        Self::Moment(match serial {
            // The day before the first one stands for none.
            0.0..1.0 => Moment { day: String::new(), time },
            _ if serial.fract() == 0.0 => Moment::day(year, month, day, String::new()),
            _ => Moment::day(year, month, day, time),
        })
    }

    /// The bytes of memory that it takes beside itself.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text(text) | Self::Error(text) => text.len(),
            _ => 0,
        }
    }

    /// Writes the value for people: as a header, or as the text of a quarantined row.
    pub(crate) fn show(&self, out: &mut String) {
        match self {
            Self::Text(text) | Self::Error(text) => out.push_str(text),
            Self::Number(number) => out.push_str(&decimal(rounded(*number), EXACT)),
            Self::Padded(number, digits) => out.push_str(&padded(*number, *digits)),
            Self::Percent(share) => {
                out.push_str(&decimal(rounded(share * 100.0), EXACT));
                out.push('%');
            }
            Self::Bool(value) => out.push_str(if *value { "TRUE" } else { "FALSE" }),
            Self::Moment(Moment { day, time }) => {
                out.push_str(day);
                if !day.is_empty() && !time.is_empty() {
                    out.push(' ');
                }
                out.push_str(time);
            }
        }
    }

    /// Writes the value as its column expects it.
    pub(crate) fn write(&self, column: &Column, out: &mut String) -> Mark {
        let is_text = column.column_type == ColumnType::String;
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Error(text) => {
                out.push_str(text);
                if !column.nulls.contains(text) {
                    return Mark::Bad(Fault::ErrorValue);
                }
            }
            Self::Padded(number, digits) if is_text => out.push_str(&padded(*number, *digits)),
            Self::Percent(share) if column.percent => {
                signed(&decimal(rounded(share * 100.0), EXACT), column, out);
                out.push('%');
            }
            Self::Number(number) | Self::Padded(number, _) | Self::Percent(number) => {
                let number = if is_text { rounded(*number) } else { *number };
                let limit = if column.identifier { RELIABLE } else { EXACT };
                signed(&decimal(number, limit), column, out);
            }
            Self::Bool(value) if column.column_type == ColumnType::Bool => {
                let words = if *value { &column.true_values } else { &column.false_values };
                out.push_str(words.first().map_or("", String::as_str));
            }
            Self::Moment(Moment { day, time }) if !day.is_empty() => {
                match column.column_type {
                    ColumnType::Date => out.push_str(day),
                    ColumnType::Timestamp if time.is_empty() => {
                        out.push_str(day);
                        out.push_str("T00:00:00");
                    }
                    _ => self.show(out),
                }
                return Mark::Iso;
            }
            Self::Bool(_) | Self::Moment(_) => self.show(out),
        }
        Mark::Plain
    }
}

impl Moment {
    fn day(year: u16, month: u8, day: u8, time: String) -> Self {
        Self { day: format!("{year:04}-{month:02}-{day:02}"), time }
    }

    /// Workbooks of the strict kind write their dates out.
    fn iso(text: &str) -> Self {
        let (day, time) = text.split_once(['T', ' ']).unwrap_or((text, ""));
        Self { day: day.to_owned(), time: time.to_owned() }
    }
}

fn clock(hours: u64, minutes: u64, seconds: u64, milliseconds: u64) -> String {
    match milliseconds {
        0 => format!("{hours:02}:{minutes:02}:{seconds:02}"),
        _ => format!("{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"),
    }
}

/// From here on whole numbers are no longer told apart.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// A spreadsheet keeps 15 digits of what is typed; longer identifiers have lost their end.
const RELIABLE: f64 = 1e15;

/// The number without an exponent, unless its last digits are lost.
fn decimal(number: f64, limit: f64) -> String {
    if number.abs() < limit {
        // Adding nothing turns -0 into 0.
        return (number + 0.0).to_string();
    }
    // As a spreadsheet shows it.
    let shown = format!("{number:.14E}");
    let (digits, exponent) = shown.split_once('E').unwrap_or((&shown, "0"));
    format!("{}E+{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// A fraction to 15 digits, which is what a spreadsheet shows: 0.1 + 0.2 is 0.3.
fn rounded(number: f64) -> f64 {
    match number.fract() {
        0.0 => number,
        _ => format!("{number:.14e}").parse().unwrap_or(number),
    }
}

fn padded(number: f64, digits: usize) -> String {
    match number.fract() == 0.0 && (0.0..RELIABLE).contains(&number) {
        true => format!("{number:0digits$}"),
        false => decimal(rounded(number), EXACT),
    }
}

/// Writes a number with the decimal sign of its column.
fn signed(number: &str, column: &Column, out: &mut String) {
    out.extend(number.chars().map(|sign| if sign == '.' { column.decimal } else { sign }));
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType;

    use super::*;
    use crate::sources::support::column;

    fn written(value: &Value, column: &Column) -> (String, Mark) {
        let mut out = String::new();
        let mark = value.write(column, &mut out);
        (out, mark)
    }

    fn moment(serial: f64, is_1904: bool) -> Value {
        Value::moment(&ExcelDateTime::new(serial, ExcelDateTimeType::DateTime, is_1904))
    }

    #[test]
    fn serials_are_days_of_either_calendar() {
        // ECMA-376 part 1, 18.17.4.1: serial 1 is 1900-01-01, and 60 a day that never was; the other
        // calendar begins 1,462 days later. 45943.541 is calamine's example of 12:59:02.400.
        for (serial, is_1904, shown) in [
            (1.0, false, "1900-01-01"),
            (59.0, false, "1900-02-28"),
            (60.0, false, "1900-02-29"),
            (61.0, false, "1900-03-01"),
            (45_943.541, false, "2025-10-13 12:59:02.400"),
            (45_943.0, false, "2025-10-13"),
            (45_943.0 - 1_462.0, true, "2025-10-13"),
            (2_958_465.0, false, "9999-12-31"),
            (0.5, false, "12:00:00"),
            (-1.0, false, "-1"),
            (2_958_466.0, false, "2958466"),
        ] {
            let mut out = String::new();
            moment(serial, is_1904).show(&mut out);
            assert_eq!(out, shown, "{serial}");
        }
        let long = ExcelDateTime::new(1.5625, ExcelDateTimeType::TimeDelta, false);
        assert_eq!(Value::moment(&long), Value::Text("37:30:00".to_owned()));
    }

    #[test]
    fn moments_suit_their_column() {
        let at = moment(45_943.25, false);
        let day = moment(45_943.0, false);
        for (of, at_text, day_text) in [
            ("date", "2025-10-13", "2025-10-13"),
            ("timestamp", "2025-10-13 06:00:00", "2025-10-13T00:00:00"),
            ("string", "2025-10-13 06:00:00", "2025-10-13"),
        ] {
            let column = column("at", of);
            assert_eq!(written(&at, &column), (at_text.to_owned(), Mark::Iso), "{of}");
            assert_eq!(written(&day, &column), (day_text.to_owned(), Mark::Iso), "{of}");
        }
        let iso = Value::Moment(Moment::iso("2025-10-13T06:00:00.000"));
        assert_eq!(written(&iso, &column("at", "date")).0, "2025-10-13");
    }

    #[test]
    fn numbers_keep_what_they_are() {
        let text = column("id", "string");
        let identifier = Column { identifier: true, ..text.clone() };
        let amount = Column { decimal: ',', ..column("amount", "decimal(18,2)") };
        let share = Column { percent: true, ..column("share", "float64") };
        for (value, column, expected) in [
            (Value::Number(31_612_345_678.0), &identifier, "31612345678"),
            (Value::Number(999_999_999_999_999.0), &identifier, "999999999999999"),
            (Value::Number(1_234_567_890_123_456.0), &identifier, "1.23456789012346E+15"),
            (Value::Number(1_234_567_890_123_456.0), &text, "1234567890123456"),
            (Value::Number(5e18), &text, "5E+18"),
            (Value::Number(-0.0), &text, "0"),
            (Value::Number(0.1 + 0.2), &text, "0.3"),
            (Value::Number(0.1 + 0.2), &amount, "0,30000000000000004"),
            (Value::Number(1e-7), &text, "0.0000001"),
            (Value::Padded(123.0, 5), &identifier, "00123"),
            (Value::Padded(123_456.0, 5), &text, "123456"),
            (Value::Padded(12.0, 5), &amount, "12"),
            (Value::Percent(0.07), &share, "7%"),
            (Value::Percent(0.125), &amount, "0,125"),
            (Value::Number(7.0), &share, "7"),
        ] {
            assert_eq!(written(&value, column), (expected.to_owned(), Mark::Plain), "{value:?}");
        }
    }

    #[test]
    fn booleans_and_errors_are_told_in_the_words_of_the_column() {
        let flag = Column { true_values: vec!["WAAR".to_owned()], ..column("paid", "bool") };
        assert_eq!(written(&Value::Bool(true), &flag).0, "WAAR");
        assert_eq!(written(&Value::Bool(true), &column("paid", "string")).0, "TRUE");
        let error = Value::Error("#N/A".to_owned());
        let text = column("id", "string");
        assert_eq!(written(&error, &text).1, Mark::Bad(Fault::ErrorValue));
        let marked = Column { nulls: vec!["#N/A".to_owned()], ..text };
        assert_eq!(written(&error, &marked), ("#N/A".to_owned(), Mark::Plain));
    }
}
