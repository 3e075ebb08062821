/*!
Text cells become typed columns: one small file per family of types.

A [`Caster`] holds what a column declares, prepared once; [`Caster::cast`] turns the cells of a chunk
into an array and names those that are no values of the type. It decides nothing about rows: that is
`rows.rs`.
*/

use std::{borrow::Cow, sync::Arc};

use chrono_tz::Tz;
use datafusion::arrow::{
    array::{
        Array, ArrayRef, ArrowPrimitiveType, BooleanArray, BooleanBuilder, PrimitiveArray,
        PrimitiveBuilder, StringBuilder,
    },
    compute::{kernels::zip::zip, nullif},
    datatypes::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType},
};

use crate::{
    config::{
        source::{Column, EpochUnit},
        types::ColumnType,
    },
    error::{Error, Result, codes},
};

use super::{
    chunk::{Mark, Span},
    json::tape::{JsonFault, Tape, compact},
};

pub(crate) mod fault;
pub(crate) mod number;

mod boolean;
mod civil;
mod nested;
mod pattern;
pub(crate) mod text;
mod zone;

pub(crate) use civil::Civil;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use civil::iso_timestamp as iso_civil;
pub(crate) use pattern::Pattern as DatePattern;
pub(crate) use zone::Zone;

use civil::{Cursor, DAY};
use fault::Fault;
use nested::Nested;
use number::Signs;
use pattern::Pattern;

/// A typed column and the cells that are null in it because they could not be read.
pub(crate) struct Cast {
    pub(crate) array: ArrayRef,
    pub(crate) bad: Vec<(usize, Fault)>,
}

impl Cast {
    /// Every bad row is null, and told once.
    fn null_bad(mut self) -> Self {
        if self.bad.is_empty() {
            return self;
        }
        self.bad.sort_by_key(|(row, _)| *row);
        self.bad.dedup_by_key(|(row, _)| *row);
        let mut spoilt = vec![false; self.array.len()];
        self.bad.iter().for_each(|(row, _)| spoilt[*row] = true);
        let marks = BooleanArray::from(spoilt);
        self.array = nullif(&self.array, &marks).expect("as many marks as rows");
        self
    }
}

/// How the cells of one column are read.
#[derive(Debug, Clone)]
pub(crate) struct Caster {
    column: Arc<Column>,
    family: Family,
    /// How dates and times are read that a format tells apart by itself, where the column declares
    /// how others are written.
    iso: Option<Family>,
}

#[derive(Debug, Clone)]
enum Family {
    Text,
    Json,
    Int(Signs),
    Float {
        signs: Signs,
        percent: bool,
    },
    /// `shift` digits are fractions although the number is written without them.
    Decimal {
        signs: Signs,
        precision: u8,
        scale: i8,
        shift: u32,
    },
    Bool,
    Date(Vec<Pattern>),
    Epoch(EpochUnit),
    EpochDate(EpochUnit, Zone),
    Timestamp(Vec<Pattern>, Zone),
    Nested(Box<Nested>),
}

impl Caster {
    /// Prepares a column; fails where its declaration makes no sense.
    pub(crate) fn new(column: &Arc<Column>) -> Result<Self> {
        let family = Family::new(column, &column.column_type)?;
        let written_otherwise = !column.formats.is_empty() || column.epoch.is_some();
        let iso = match written_otherwise {
            true => {
                let plain = Column { formats: Vec::new(), epoch: None, ..column.as_ref().clone() };
                Some(Family::new(&Arc::new(plain), &column.column_type)?)
            }
            false => None,
        };
        Ok(Self { column: Arc::clone(column), family, iso })
    }

    /// Reads the cells of a chunk.
    pub(crate) fn cast(&mut self, text: &str, cells: &[Span]) -> Cast {
        self.family.cast(&self.column, text, cells)
    }

    /// Reads cells of which their format knows more than their text.
    pub(crate) fn cast_marked(&mut self, text: &str, cells: &[Span], marks: &[Mark]) -> Cast {
        let is_iso = |mark: &Mark| *mark == Mark::Iso;
        let Cast { array, bad } = match &mut self.iso {
            Some(iso) if marks.iter().any(is_iso) => {
                let only = |wanted: bool| -> Vec<Span> {
                    let cells = cells.iter().zip(marks);
                    let taken = cells.map(|(cell, mark)| (is_iso(mark) == wanted).then_some(*cell));
                    taken.map(|cell| cell.unwrap_or(Span::ABSENT)).collect()
                };
                let other = self.family.cast(&self.column, text, &only(false));
                let iso = iso.cast(&self.column, text, &only(true));
                let mask: BooleanArray = marks.iter().map(|mark| Some(is_iso(mark))).collect();
                let array = zip(&mask, &iso.array, &other.array).expect("two columns of one type");
                Cast { array, bad: [other.bad, iso.bad].concat() }
            }
            _ => self.cast(text, cells),
        };
        let marked = marks.iter().enumerate().filter_map(|(row, mark)| match mark {
            Mark::Bad(fault) => Some((row, *fault)),
            Mark::Plain | Mark::Iso => None,
        });
        // What the format says of a cell comes before what its text looks like.
        Cast { array, bad: marked.chain(bad).collect() }.null_bad()
    }
}

impl Family {
    fn new(column: &Arc<Column>, column_type: &ColumnType) -> Result<Self> {
        let invalid = |message: String| {
            Error::usage(codes::INVALID_VALUE, format!("column `{}`: {message}", column.name))
        };
        let signs = Signs {
            decimal: column.decimal as u8,
            thousands: column.thousands.map(|sign| sign as u8),
        };
        let zone = || -> Result<Zone> {
            let tz: Tz = column
                .timezone
                .parse()
                .map_err(|_| invalid(format!("`{}` is no time zone", column.timezone)))?;
            Ok(Zone::new(tz, column.ambiguous, column.nonexistent))
        };
        let patterns = || {
            column
                .formats
                .iter()
                .map(|format| Pattern::new(format).map_err(invalid))
                .collect::<Result<Vec<_>>>()
        };
        Ok(match column_type {
            ColumnType::String => Self::Text,
            ColumnType::Json => Self::Json,
            ColumnType::Int64 => Self::Int(signs),
            ColumnType::Float64 => Self::Float { signs, percent: column.percent },
            ColumnType::Decimal(precision, scale) => Self::Decimal {
                signs,
                precision: *precision,
                scale: *scale,
                shift: column.minor_units + if column.percent { 2 } else { 0 },
            },
            ColumnType::Bool => Self::Bool,
            ColumnType::Date => match column.epoch {
                Some(unit) => Self::EpochDate(unit, zone()?),
                None => Self::Date(patterns()?),
            },
            ColumnType::Timestamp => match column.epoch {
                Some(unit) => Self::Epoch(unit),
                None => Self::Timestamp(patterns()?, zone()?),
            },
            ColumnType::List(_) | ColumnType::Struct(_) => {
                Self::Nested(Box::new(Nested::new(column, column_type)?))
            }
        })
    }

    fn cast(&mut self, column: &Column, text: &str, cells: &[Span]) -> Cast {
        let input = Input { column, text, cells };
        match self {
            Self::Text => input.strings(),
            Self::Json => input.json(),
            Self::Int(signs) => {
                input.values::<Int64Type>(|cell| number::int64(cell.as_bytes(), *signs))
            }
            Self::Float { signs, percent } => {
                let unit = if *percent { 100.0 } else { 1.0 };
                input.values::<Float64Type>(|cell| {
                    Ok(number::float64(cell.as_bytes(), *signs)? / unit)
                })
            }
            Self::Decimal { signs, precision, scale, shift } => {
                let (array, bad) = input.primitive::<Decimal128Type>(|cell| {
                    number::decimal(cell.as_bytes(), *signs, *precision, *scale, *shift)
                });
                let array = array
                    .with_precision_and_scale(*precision, *scale)
                    .expect("precision and scale are checked where the type is parsed");
                Cast { array: Arc::new(array), bad }
            }
            Self::Bool => input.booleans(&column.true_values, &column.false_values),
            Self::Date(formats) => input.values::<Date32Type>(|cell| date(cell, formats)),
            Self::Epoch(unit) => {
                input.timestamps(|cell| epoch(cell, *unit, i64::from(unit.per_second())))
            }
            Self::EpochDate(unit, zone) => input.values::<Date32Type>(|cell| {
                let seconds = epoch(cell, *unit, i64::from(unit.per_second()))?;
                let day = zone.local(seconds.div_euclid(1_000_000)).div_euclid(DAY);
                i32::try_from(day).map_err(|_| Fault::OutOfRange)
            }),
            Self::Timestamp(formats, zone) => {
                input.timestamps(|cell| instant(civil_time(cell, formats)?, zone))
            }
            Self::Nested(nested) => nested.cast(column, text, cells),
        }
    }
}

impl EpochUnit {
    fn per_second(self) -> i32 {
        match self {
            Self::S => 1,
            Self::Ms => 1_000,
            Self::Us => 1_000_000,
        }
    }
}

/// The cells of one column of a chunk.
struct Input<'a> {
    column: &'a Column,
    text: &'a str,
    cells: &'a [Span],
}

impl<'a> Input<'a> {
    fn is_null(&self, cell: &str) -> bool {
        self.column.nulls.iter().any(|null| null == cell)
    }

    /// The cells of a column that is no text: white space around a value means nothing.
    fn trimmed(&self) -> impl Iterator<Item = Option<Cow<'a, str>>> {
        let has_marks = self.column.percent || !self.column.strip.is_empty();
        let spaced = self.column.thousands == Some(' ');
        self.cells.iter().map(move |cell| {
            let cell = cell.of(self.text).map(text::trim).filter(|cell| !self.is_null(cell))?;
            let mut value = Cow::Borrowed(cell);
            if !has_marks && !spaced {
                return Some(value);
            }
            if has_marks {
                let bare =
                    if self.column.percent { cell.trim_end_matches('%').trim_end() } else { cell };
                value = text::strip(bare, &self.column.strip);
            }
            if spaced && let Cow::Owned(plain) = text::plainly_spaced(&value) {
                value = Cow::Owned(plain);
            }
            // A sign without its number, as `€`, is no empty cell.
            Some(value).filter(|value| value.is_empty() || !self.is_null(value))
        })
    }

    fn strings(&self) -> Cast {
        let bytes = self.cells.iter().filter_map(|cell| cell.of(self.text)).map(str::len).sum();
        let mut builder = StringBuilder::with_capacity(self.cells.len(), bytes);
        let mut bad = Vec::new();
        let marks = &self.column.strip;
        for (row, cell) in self.cells.iter().enumerate() {
            let cell = cell.of(self.text).filter(|cell| !self.is_null(cell));
            let value = match cell {
                Some(cell) if !marks.is_empty() => {
                    Some(text::strip(cell.trim(), marks)).filter(|cell| !self.is_null(cell))
                }
                cell => cell.map(Cow::Borrowed),
            };
            if self.column.identifier && value.as_deref().is_some_and(text::is_destroyed) {
                builder.append_null();
                bad.push((row, Fault::Destroyed));
            } else {
                builder.append_option(value);
            }
        }
        Cast { array: Arc::new(builder.finish()), bad }
    }

    /// JSON is checked and kept without its white space.
    fn json(&self) -> Cast {
        let mut builder = StringBuilder::with_capacity(self.cells.len(), 0);
        let mut bad = Vec::new();
        let mut tape = Tape::default();
        let mut compacted = String::new();
        for (row, cell) in self.trimmed().enumerate() {
            let Some(cell) = cell else {
                builder.append_null();
                continue;
            };
            match tape.parse(&cell, 0, cell.len()) {
                Ok(()) => {
                    compacted.clear();
                    compact(&cell, &mut compacted);
                    builder.append_value(&compacted);
                }
                Err(fault) => {
                    builder.append_null();
                    let deep = fault == JsonFault::TooDeep;
                    bad.push((row, if deep { Fault::TooDeep } else { Fault::Malformed }));
                }
            }
        }
        Cast { array: Arc::new(builder.finish()), bad }
    }

    fn booleans(&self, yes: &[String], no: &[String]) -> Cast {
        let mut builder = BooleanBuilder::with_capacity(self.cells.len());
        let mut bad = Vec::new();
        for (row, cell) in self.trimmed().enumerate() {
            match cell.map(|cell| boolean::boolean(&cell, yes, no)) {
                Some(Ok(value)) => builder.append_value(value),
                None => builder.append_null(),
                Some(Err(fault)) => {
                    builder.append_null();
                    bad.push((row, fault));
                }
            }
        }
        Cast { array: Arc::new(builder.finish()), bad }
    }

    fn primitive<T: ArrowPrimitiveType>(
        &self,
        mut read: impl FnMut(&str) -> Result<T::Native, Fault>,
    ) -> (PrimitiveArray<T>, Vec<(usize, Fault)>) {
        let mut builder = PrimitiveBuilder::<T>::with_capacity(self.cells.len());
        let mut bad = Vec::new();
        for (row, cell) in self.trimmed().enumerate() {
            match cell.map(|cell| read(&cell)) {
                Some(Ok(value)) => builder.append_value(value),
                None => builder.append_null(),
                Some(Err(fault)) => {
                    builder.append_null();
                    bad.push((row, fault));
                }
            }
        }
        (builder.finish(), bad)
    }

    fn values<T: ArrowPrimitiveType>(
        &self,
        read: impl FnMut(&str) -> Result<T::Native, Fault>,
    ) -> Cast {
        let (array, bad) = self.primitive::<T>(read);
        Cast { array: Arc::new(array), bad }
    }

    fn timestamps(&self, read: impl FnMut(&str) -> Result<i64, Fault>) -> Cast {
        let (array, bad) = self.primitive::<TimestampMicrosecondType>(read);
        Cast { array: Arc::new(array.with_timezone("UTC")), bad }
    }
}

/// Whether a cell is a date without any format.
pub(crate) fn is_iso_date(cell: &str) -> bool {
    date(cell, &[]).is_ok()
}

/// Whether a cell is a time stamp without any format, and whether it names its offset.
pub(crate) fn iso_timestamp(cell: &str) -> (bool, bool) {
    civil::iso_timestamp(cell.as_bytes()).map_or((false, false), |at| (true, at.offset.is_some()))
}

/// A calendar date; of a time stamp written in full, the day that is written.
fn date(cell: &str, formats: &[Pattern]) -> Result<i32, Fault> {
    if formats.is_empty() {
        let cursor = &mut Cursor { rest: cell.as_bytes() };
        let day = civil::iso_date(cursor)?;
        return if cursor.rest.is_empty() { Ok(day) } else { Err(Fault::Malformed) };
    }
    first_match(cell, formats).map(|at| at.day)
}

fn civil_time(cell: &str, formats: &[Pattern]) -> Result<Civil, Fault> {
    if formats.is_empty() {
        civil::iso_timestamp(cell.as_bytes())
    } else {
        first_match(cell, formats)
    }
}

fn first_match(cell: &str, formats: &[Pattern]) -> Result<Civil, Fault> {
    formats.iter().find_map(|format| format.read(cell.as_bytes()).ok()).ok_or(Fault::Malformed)
}

fn instant(at: Civil, zone: &mut Zone) -> Result<i64, Fault> {
    let local = at.local_seconds();
    let seconds = match at.offset {
        Some(offset) => local - i64::from(offset),
        None => zone.instant(local)?,
    };
    Ok(seconds * 1_000_000 + i64::from(at.microsecond))
}

/// Units since 1970, with decimals or without.
fn epoch(cell: &str, unit: EpochUnit, per_second: i64) -> Result<i64, Fault> {
    let signs = Signs { decimal: b'.', thousands: None };
    let microseconds = match number::int64(cell.as_bytes(), signs) {
        Ok(units) => i128::from(units) * i128::from(1_000_000 / per_second),
        Err(Fault::Malformed) => {
            let decimals = match unit {
                EpochUnit::S => 6,
                EpochUnit::Ms => 3,
                EpochUnit::Us => 0,
            };
            number::decimal(cell.as_bytes(), signs, 38, decimals, 0)?
        }
        Err(fault) => return Err(fault),
    };
    // Years 1 to 9999, as for every other way to write a time stamp.
    let years = -719_162 * DAY * 1_000_000..2_932_897 * DAY * 1_000_000;
    i64::try_from(microseconds).ok().filter(|value| years.contains(value)).ok_or(Fault::OutOfRange)
}

#[cfg(test)]
mod tests;
