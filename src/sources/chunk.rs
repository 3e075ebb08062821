/*!
The unit of work between reading and casting: some records of one file, column by column.

A reader cuts a file into chunks one after the other; what is left to do for a chunk (parsing JSON,
checking UTF-8, casting) needs nothing but the chunk, so that chunks of one file can be worked on
side by side.
*/

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;

use crate::error::Result;

use super::{cast::fault::Fault, drift::Seen};

/// A piece of a chunk's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// No value at all, as a key that a JSON record lacks.
    pub(crate) const ABSENT: Self = Self { start: u32::MAX, end: u32::MAX };

    /// Positions fit into 32 bits: `buffer::MAX_RECORD` bounds what a chunk holds.
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    pub(crate) fn start(self) -> usize {
        self.start as usize
    }

    fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    pub(crate) fn of(self, text: &str) -> Option<&str> {
        (self != Self::ABSENT).then(|| &text[self.start as usize..self.end as usize])
    }
}

/// Room for the cells of `rows` records in each of `columns` columns.
pub(crate) fn spans(columns: usize, rows: usize) -> Vec<Vec<Span>> {
    (0..columns).map(|_| Vec::with_capacity(rows)).collect()
}

/// What a format knows of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Nothing: the text decides.
    Plain,
    /// A date or time in ISO 8601, whatever formats its column declares.
    Iso,
    /// The text is no value.
    Bad(Fault),
}

/// The cells of one declared column.
#[derive(Debug, Clone)]
pub(crate) enum Cells {
    Text(Vec<Span>),
    /// Text, and what its format knows of each cell beside it.
    Marked {
        cells: Vec<Span>,
        marks: Vec<Mark>,
    },
    /// A format that has types already brought the declared one, or cast what it had; `cells` hold
    /// the text of what was cast.
    Cast {
        array: ArrayRef,
        bad: Vec<(usize, Fault)>,
        cells: Vec<Span>,
    },
}

impl Cells {
    /// The text of every cell, where there is one.
    pub(crate) fn spans(&self) -> &[Span] {
        match self {
            Self::Text(cells) | Self::Marked { cells, .. } | Self::Cast { cells, .. } => cells,
        }
    }
}

/// A record that never became a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) line: i64,
    pub(crate) raw: String,
    pub(crate) reason: String,
}

/// Records of one file. `columns` follows the source's columns; every column, `lines` and `records`
/// have one entry per record.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    /// What its rows call their file, where that is a member of an archive.
    pub(crate) file: Option<Arc<str>>,
    pub(crate) text: String,
    pub(crate) columns: Vec<Cells>,
    pub(crate) lines: Vec<i64>,
    /// The text of each whole record, for quarantine.
    pub(crate) records: Vec<Span>,
    pub(crate) refused: Vec<Refused>,
    /// What a format without a list of columns shows of them in these records.
    pub(crate) seen: Seen,
}

impl Chunk {
    /// The text of all cells. What stands for several rows counts once in each.
    pub(crate) fn cell_bytes(&self) -> usize {
        self.columns.iter().flat_map(Cells::spans).map(|span| span.len()).sum()
    }
}

/// What is left to do for a chunk once its records are cut out of the file.
pub(crate) type Pending = Box<dyn FnOnce() -> Result<Chunk> + Send>;

/// One open file of some format. Calls follow each other; what they return may be run anywhere.
pub(crate) trait RecordReader: Send {
    /// The next records, at most `limit`; `None` at the end of the file.
    fn next_records(&mut self, limit: usize) -> Result<Option<Pending>>;

    /// Further header rows of each declared column, from top to bottom.
    fn labels(&self) -> Vec<Vec<String>> {
        Vec::new()
    }

    /// What every part of the file holds, by the name of the part; asked for at its end.
    fn seen(&self) -> Vec<(String, Seen)> {
        Vec::new()
    }
}
