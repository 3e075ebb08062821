/*!
Texts through the readers of their formats, in one piece and in many.
*/

use std::io::{Cursor, Read};

use encoding_rs::UTF_8;

use crate::{
    config::{reading::Format, source::Source},
    error::Result,
    sources::{Buffer, Cells, Chunk, InputFile, RecordReader, Refused, Typer, decode, support},
};

/// Everything that a reader makes of a text.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Outcome {
    pub(super) rows: Vec<Row>,
    pub(super) refused: Vec<Refused>,
    /// The message that reading ended with.
    pub(super) error: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) line: i64,
    pub(super) cells: Vec<Option<String>>,
    pub(super) raw: String,
}

/// A way to read a text: how many bytes at a time, how many records at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pieces {
    pub(super) bytes: usize,
    pub(super) records: usize,
}

impl Pieces {
    pub(super) const ONE: Self = Self { bytes: 1 << 18, records: 8192 };

    /// One to sixteen of each.
    pub(super) fn chosen(byte: u8) -> Self {
        Self { bytes: usize::from(byte % 16) + 1, records: usize::from(byte / 16) + 1 }
    }
}

pub(super) type Open = fn(Buffer, &InputFile, &Source) -> Result<Box<dyn RecordReader>>;

/// Reads a text; the rows are typed too, and the books of every chunk must close.
pub(super) fn read(text: &[u8], source: &Source, open: Open, pieces: Pieces) -> Outcome {
    let mut outcome = Outcome::default();
    if let Err(error) = try_read(text, source, open, pieces, &mut outcome) {
        outcome.error = Some(error.to_string());
    }
    outcome
}

fn try_read(
    text: &[u8],
    source: &Source,
    open: Open,
    pieces: Pieces,
    outcome: &mut Outcome,
) -> Result<()> {
    let file = support::file("fuzzed");
    let content: Box<dyn Read + Send> = Box::new(Cursor::new(text.to_vec()));
    let (_, mark, content) = decode(content, UTF_8).expect("memory can be read");
    let buffer = Buffer::new(content, mark, &file, "utf-8").in_pieces(pieces.bytes);
    let mut reader = open(buffer, &file, source)?;
    let mut typer = Typer::new(source)?;
    while let Some(pending) = reader.next_records(pieces.records)? {
        let chunk = pending()?;
        outcome.take(&chunk);
        let (read, refused) = (chunk.lines.len(), chunk.refused.len());
        let books = typer.run(&file.path.as_str().into(), chunk)?.books;
        assert!(books.close(), "{books:?}");
        assert_eq!(books.rows_read, (read + refused) as u64);
    }
    Ok(())
}

impl Outcome {
    fn take(&mut self, chunk: &Chunk) {
        let cell = |column: &Cells, row: usize| {
            column.spans().get(row).and_then(|span| span.of(&chunk.text)).map(str::to_owned)
        };
        for (row, line) in chunk.lines.iter().enumerate() {
            self.rows.push(Row {
                line: *line,
                cells: chunk.columns.iter().map(|column| cell(column, row)).collect(),
                raw: chunk.records[row].of(&chunk.text).unwrap_or_default().to_owned(),
            });
        }
        self.refused.extend(chunk.refused.iter().cloned());
    }

    /// Whether both came out of one text. A fault takes the chunk along that it is met in.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        if self.error.is_none() && other.error.is_none() {
            return self == other;
        }
        let begins_alike =
            |one: &[Row], other: &[Row]| one.iter().zip(other).all(|(one, other)| one == other);
        self.error.is_some() == other.error.is_some() && begins_alike(&self.rows, &other.rows)
    }
}

/// A source whose columns have a name, a type, and where they come from.
pub(super) fn source(format: Format, columns: &[(&str, &str, &str)]) -> Source {
    let named: Vec<(&str, &str)> = columns.iter().map(|(name, of, _)| (*name, *of)).collect();
    let mut source = Source { format, ..support::source(&named) };
    for (column, (.., from)) in source.columns.iter_mut().zip(columns) {
        column.from = vec![(*from).to_owned()];
    }
    source
}
