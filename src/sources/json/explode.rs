/*!
One record becomes several rows: one for each element of an array, each with the record's own
columns beside it.
*/

use crate::{config::source::Column, sources::chunk::Span};

use super::{
    cell::cell,
    path::{Notes, Paths, Way, below},
    tape::{JsonFault, Kind, MAX_NODES, Tape},
};

/// Stands for the number of the element, from 1: `items[#]`.
const POSITION: &str = "[#]";

#[derive(Debug)]
pub(crate) struct Explode {
    way: Way,
    elements: Paths,
    /// Columns fed by the element as a whole.
    whole: Vec<usize>,
    /// Columns fed by the element's number.
    positions: Vec<usize>,
}

impl Explode {
    /// The array is at `path`; the columns below it are those of one element.
    pub(crate) fn new(columns: &[Column], path: &str) -> Result<Self, String> {
        let way = Way::new(path).ok_or_else(|| format!("`{path}` is no path"))?;
        let fed_by = |rest: &str| {
            let feeds =
                |column: &Column| column.from.iter().any(|from| below(from, path) == Some(rest));
            (0..columns.len()).filter(|index| feeds(&columns[*index])).collect()
        };
        let elements = Paths::new(columns, |from| {
            below(from, path).filter(|rest| !rest.is_empty() && *rest != POSITION)
        })?;
        Ok(Self { way, elements, whole: fed_by(""), positions: fed_by(POSITION) })
    }

    /// Whether a column's path belongs to the elements and not to the record.
    pub(crate) fn owns(from: &str, path: &str) -> bool {
        below(from, path).is_some()
    }

    /// Calls `each` with the row of every element; `row` holds what the record itself says.
    pub(crate) fn rows(
        &self,
        tape: &Tape,
        text: &str,
        tail: &mut String,
        row: &[Span],
        notes: &mut Notes,
        mut each: impl FnMut(&[Span]),
    ) -> Result<(), JsonFault> {
        let Some(array) = self.way.find(tape, text) else { return Ok(()) };
        if tape.node(array).kind != Kind::Array {
            return Ok(());
        }
        // Every element takes the columns of its record along.
        if tape.elements(array).count().saturating_mul(row.len()) > MAX_NODES {
            return Err(JsonFault::TooMany);
        }
        let mut element_row = row.to_vec();
        for (number, element) in tape.elements(array).enumerate() {
            element_row.copy_from_slice(row);
            self.elements.extract(tape, element, text, tail, &mut element_row, notes)?;
            for column in &self.whole {
                element_row[*column] = cell(tape, element, text, tail)?;
            }
            for column in &self.positions {
                let start = text.len() + tail.len();
                tail.push_str(&(number + 1).to_string());
                element_row[*column] = Span::new(start, text.len() + tail.len());
            }
            each(&element_row);
        }
        Ok(())
    }
}
