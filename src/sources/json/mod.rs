/*!
JSON: one object per line, arrays, arrays in an envelope, streams of documents.

Every record is parsed on its own; there is no inference, so a key that first appears in the last
record is found like any other. A record that is no JSON object, or that holds something else than
the array to explode, is refused with its reason.
*/

use std::sync::Arc;

use crate::{
    config::source::Source,
    error::{self, Error, codes},
};

use super::{
    buffer::{Buffer, CHUNK_BYTES},
    cast::fault::Fault,
    chunk::{Cells, Chunk, Mark, Pending, Refused, Span, spans},
    lines::Cut,
};

pub(crate) mod cell;
pub(crate) mod inner;
pub(crate) mod path;
pub(crate) mod tape;

mod dig;
mod documents;
mod explode;
mod lines;
mod steps;

pub(crate) use dig::{Dig, digs};
pub(crate) use documents::DocumentsReader;
pub(crate) use lines::LinesReader;

use explode::Explode;
use path::{Barred, Notes, Paths};
use tape::{JsonFault, Kind, Tape, compact};

/// How records become rows.
#[derive(Debug)]
pub(crate) struct Records {
    /// The names of the columns.
    columns: Vec<String>,
    paths: Paths,
    explode: Option<Explode>,
    /// Whether cells have marks also where none is bad: what is filled down brings its mark along.
    marked: bool,
}

/// Why a record is refused.
#[derive(Debug)]
pub(crate) struct Reason(String);

impl From<JsonFault> for Reason {
    fn from(fault: JsonFault) -> Self {
        Self(format!("invalid JSON: {fault}"))
    }
}

impl Records {
    /// How much text a chunk holds. An element of two bytes becomes a row of many columns, so that
    /// those of exploded records hold less.
    fn chunk_bytes(&self) -> usize {
        if self.explode.is_some() { CHUNK_BYTES / 16 } else { CHUNK_BYTES }
    }
}

/// The paths of a source's columns.
pub(crate) fn records(source: &Source) -> error::Result<Arc<Records>> {
    let invalid = |message: String| {
        Error::usage(codes::INVALID_VALUE, format!("source `{}`: {message}", source.name))
    };
    let columns = &source.columns;
    let array = source.json.explode.as_deref();
    let owned = |from: &str| array.is_some_and(|path| Explode::owns(from, path));
    let paths = Paths::new(columns, |from| (!owned(from)).then_some(from)).map_err(invalid)?;
    let explode = array.map(|path| Explode::new(columns, path)).transpose().map_err(invalid)?;
    let columns = columns.iter().map(|column| column.name.clone()).collect();
    Ok(Arc::new(Records { columns, paths, explode, marked: source.fill_down.is_some() }))
}

/// Takes the first `end` bytes off the buffer; parsing the records in them is left for later.
fn take(buffer: &mut Buffer, end: usize, cuts: Vec<Cut>, records: &Arc<Records>) -> Pending {
    let taken = buffer.take(end);
    let records = Arc::clone(records);
    Box::new(move || Ok(parse(taken.text()?, &cuts, &records)))
}

fn parse(mut text: String, cuts: &[Cut], records: &Records) -> Chunk {
    let mut tape = Tape::default();
    let width = records.columns.len();
    let mut rows = Rows {
        columns: spans(width, cuts.len()),
        tail: String::new(),
        row: vec![Span::ABSENT; width],
        notes: Notes::new(width),
        bad: Vec::new(),
        count: 0,
    };
    let mut chunk = Chunk::default();
    for cut in cuts {
        let record = cut.span.of(&text).unwrap_or_default();
        let start = cut.span.start();
        let before = rows.count;
        let read = match tape.parse(&text, start, start + record.len()) {
            Ok(()) if tape.node(0).kind == Kind::Object => rows.add(&tape, &text, records),
            Ok(()) => Err(Reason("not a JSON object".to_owned())),
            Err(fault) => Err(fault.into()),
        };
        if let Err(Reason(reason)) = read {
            rows.cut_back(before);
            chunk.refused.push(Refused { line: cut.line, raw: record.to_owned(), reason });
            continue;
        }
        let shown = if record.contains('\n') {
            let from = rows.tail.len();
            compact(record, &mut rows.tail);
            Span::new(text.len() + from, text.len() + rows.tail.len())
        } else {
            cut.span
        };
        chunk.lines.resize(rows.count, cut.line);
        chunk.records.resize(rows.count, shown);
    }
    text.push_str(&rows.tail);
    chunk.text = text;
    chunk.columns = cells(rows.columns, &rows.bad, records.marked);
    let types = records.columns.iter().zip(rows.notes.types);
    let found = types.filter(|(_, types)| !types.is_empty());
    chunk.seen.types = found.map(|(column, types)| (column.clone(), types)).collect();
    chunk
}

/// The rows of a chunk while they are gathered.
struct Rows {
    columns: Vec<Vec<Span>>,
    /// Text that had to be made; follows the chunk's own.
    tail: String,
    row: Vec<Span>,
    notes: Notes,
    /// Row, column and fault of cells whose text is no value, in the order of the rows.
    bad: Vec<(usize, usize, Fault)>,
    count: usize,
}

impl Rows {
    fn add(&mut self, tape: &Tape, text: &str, records: &Records) -> Result<(), Reason> {
        let Self { columns, tail, row, notes, bad, count } = self;
        row.fill(Span::ABSENT);
        notes.barred.clear();
        records.paths.extract(tape, 0, text, tail, row, notes)?;
        let mut push = |row: &[Span], barred: &[Barred]| {
            columns.iter_mut().zip(row).for_each(|(column, cell)| column.push(*cell));
            for Barred { column, met, fault } in barred {
                if let Some(cell) = columns[*column].last_mut()
                    && *cell == Span::ABSENT
                {
                    *cell = *met;
                    bad.push((*count, *column, *fault));
                }
            }
            *count += 1;
        };
        match &records.explode {
            None => push(row, &notes.barred),
            Some(explode) => explode.rows(tape, text, tail, row, notes, push)?,
        }
        Ok(())
    }

    fn cut_back(&mut self, count: usize) {
        self.columns.iter_mut().for_each(|column| column.truncate(count));
        self.bad.truncate(self.bad.partition_point(|(row, ..)| *row < count));
        self.count = count;
    }
}

/// Columns with a bad cell have marks, the others only where `marked` says so.
fn cells(columns: Vec<Vec<Span>>, bad: &[(usize, usize, Fault)], marked: bool) -> Vec<Cells> {
    let mut found: Vec<Cells> = columns.into_iter().map(Cells::Text).collect();
    if marked {
        found.iter_mut().for_each(|column| {
            marks(column);
        });
    }
    for (row, column, fault) in bad {
        if let Some(mark) = marks(&mut found[*column]).and_then(|marks| marks.get_mut(*row)) {
            *mark = Mark::Bad(*fault);
        }
    }
    found
}

/// The marks of a column's cells, of which it had none yet where it was plain text.
fn marks(column: &mut Cells) -> Option<&mut Vec<Mark>> {
    if let Cells::Text(cells) = column {
        let marks = vec![Mark::Plain; cells.len()];
        *column = Cells::Marked { cells: std::mem::take(cells), marks };
    }
    match column {
        Cells::Marked { marks, .. } => Some(marks),
        Cells::Text(_) | Cells::Cast { .. } => None,
    }
}
