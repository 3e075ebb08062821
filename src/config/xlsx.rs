/*!
How workbooks are read: which sheets, which part of them, and where the names of the columns stand.
*/

use std::{fmt, ops::RangeInclusive, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    reading::{CsvOptions, Names, RepeatedNames},
    resolve::Context,
    source::OneOrMany,
    yaml::Place,
};
use crate::error::Diagnostics;

/// How XLSX workbooks are read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct XlsxOptions {
    /// The sheet by its name, else by its number from 1, else by a pattern such as `2026-*`; or several, each with a header of its own. Not needed where only one is visible.
    pub sheet: Option<OneOrMany>,
    /// The part of the sheet to read: `B3:F200`, `B:F`, or `B3:` for everything right of it and below.
    pub range: Option<CellRange>,
    /// Rows of the range above the header, empty ones included.
    pub skip_rows: Option<u32>,
    /// Header rows: names come from the first, the others are kept as column descriptions. 0: none, columns are known by their number.
    pub header_rows: Option<u32>,
    /// Names come from all header rows, joined with this text; a blank, as a merged cell leaves it, takes the name to its left.
    pub header_join: Option<String>,
    /// The names of a sheet without a header, in the order of its columns.
    #[serde(default)]
    pub names: Vec<String>,
    /// What happens to names that a header holds twice; case and punctuation make no difference.
    pub repeated_names: Option<RepeatedNames>,
}

/// Resolved options of workbooks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Xlsx {
    /// Names, numbers or patterns; none for the only visible one.
    pub sheets: Vec<String>,
    pub range: CellRange,
    pub skip_rows: u32,
    pub names: Names,
    pub repeated_names: RepeatedNames,
}

impl Default for Xlsx {
    fn default() -> Self {
        Self {
            sheets: Vec::new(),
            range: CellRange::default(),
            skip_rows: 0,
            names: Names::Header { rows: 1, join: None },
            repeated_names: RepeatedNames::default(),
        }
    }
}

impl XlsxOptions {
    pub(super) fn resolve(
        &self,
        context: &Context<'_>,
        place: &Place<'_>,
        found: &mut Diagnostics,
    ) -> Xlsx {
        // Names stand where they stand in delimited text.
        let header = CsvOptions {
            header_rows: self.header_rows,
            header_join: self.header_join.clone(),
            names: self.names.clone(),
            ..CsvOptions::default()
        };
        Xlsx {
            sheets: self.sheet.as_ref().map(|sheets| sheets.0.clone()).unwrap_or_default(),
            range: self.range.clone().unwrap_or_default(),
            skip_rows: self.skip_rows.unwrap_or(0),
            names: header.resolve_names(None, context, place, found),
            repeated_names: self.repeated_names.unwrap_or_default(),
        }
    }
}

/// A part of a sheet; rows and columns count from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellRange {
    pub columns: RangeInclusive<u32>,
    pub rows: RangeInclusive<u32>,
}

impl CellRange {
    /// Every row and column that a sheet can have.
    const LAST_COLUMN: u32 = 16_383;
    const LAST_ROW: u32 = 1_048_575;

    /// How many columns it is wide.
    pub fn width(&self) -> usize {
        (self.columns.end() - self.columns.start()) as usize + 1
    }
}

impl Default for CellRange {
    fn default() -> Self {
        Self { columns: 0..=Self::LAST_COLUMN, rows: 0..=Self::LAST_ROW }
    }
}

/// A column and a row, as far as a corner such as `B3`, `B` or `3` names them.
type Corner = (Option<u32>, Option<u32>);

fn corner(text: &str) -> Option<Corner> {
    let digits = text.find(|sign: char| sign.is_ascii_digit()).unwrap_or(text.len());
    let (letters, digits) = text.split_at(digits);
    if letters.len() > 3 || digits.len() > 7 {
        return None;
    }
    let mut column = 0;
    for letter in letters.bytes() {
        if !letter.is_ascii_alphabetic() {
            return None;
        }
        column = column * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1;
    }
    let row = match digits {
        "" => None,
        digits => Some(digits.parse::<u32>().ok()?.checked_sub(1)?),
    };
    Some((column.checked_sub(1), row))
}

/// The name of a column: `A`, `Z`, `AA`.
pub fn column_letters(column: u32) -> String {
    let letter = char::from(b'A' + (column % 26) as u8);
    match column / 26 {
        0 => letter.to_string(),
        left => column_letters(left - 1) + &letter.to_string(),
    }
}

impl FromStr for CellRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = Self::default();
        let range = text.split_once(':').and_then(|(first, last)| {
            let (first, last) = (corner(first.trim())?, corner(last.trim())?);
            let columns = first.0.unwrap_or(0)..=last.0.unwrap_or(*all.columns.end());
            let rows = first.1.unwrap_or(0)..=last.1.unwrap_or(*all.rows.end());
            let named = first != (None, None) || last != (None, None);
            let within = columns.end() <= all.columns.end() && rows.end() <= all.rows.end();
            let sound = named && within && !columns.is_empty() && !rows.is_empty();
            sound.then_some(Self { columns, rows })
        });
        range.ok_or_else(|| {
            format!("`{text}` is no part of a sheet; write `B3:F200`, `B:F` or `B3:`")
        })
    }
}

impl fmt::Display for CellRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let corner = |column: &u32, row: &u32| format!("{}{}", column_letters(*column), row + 1);
        let first = corner(self.columns.start(), self.rows.start());
        write!(f, "{first}:{}", corner(self.columns.end(), self.rows.end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_spreadsheets_write_them() {
        for (text, columns, rows) in [
            ("B3:F200", 1..=5, 2..=199),
            ("b3:f200", 1..=5, 2..=199),
            ("B:F", 1..=5, 0..=1_048_575),
            ("B3:F", 1..=5, 2..=1_048_575),
            ("B3:", 1..=16_383, 2..=1_048_575),
            ("3:200", 0..=16_383, 2..=199),
            (":C", 0..=2, 0..=1_048_575),
            ("A1:XFD1048576", 0..=16_383, 0..=1_048_575),
            ("AA1:AA1", 26..=26, 0..=0),
        ] {
            let range: CellRange = text.parse().unwrap();
            assert_eq!((&range.columns, &range.rows), (&columns, &rows), "{text}");
            assert_eq!(range.to_string().parse(), Ok(range), "{text}");
        }
        for text in [
            "",
            ":",
            "B3",
            "F3:B4",
            "B4:F3",
            "B0:F3",
            "XFE:",
            "A1:B1048577",
            "é1:",
            "B 3:F",
            "A1:B2:C3",
        ] {
            assert!(text.parse::<CellRange>().is_err(), "{text}");
        }
        for (number, letters) in
            [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")]
        {
            assert_eq!(column_letters(number), letters);
        }
    }
}
