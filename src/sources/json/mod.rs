/*!
JSON: one object per line, arrays, arrays in an envelope, streams of documents.

Every record is parsed on its own; there is no inference, so a key that first appears in the last
record is found like any other. A record that is no JSON object is refused with its reason.
*/

use std::sync::Arc;

use crate::{
    config::source::Source,
    error::{self, Error, codes},
};

use super::{
    buffer::{Buffer, CHUNK_BYTES},
    chunk::{Cells, Chunk, Pending, Refused, Span, spans},
    lines::Cut,
};

pub(crate) mod cell;
pub(crate) mod path;
pub(crate) mod tape;

mod dig;
mod documents;
mod explode;
mod lines;

pub(crate) use dig::{Dig, digs};
pub(crate) use documents::DocumentsReader;
pub(crate) use lines::LinesReader;

use explode::Explode;
use path::{Notes, Paths};
use tape::{JsonFault, Kind, Tape, compact};

/// How records become rows.
#[derive(Debug)]
pub(crate) struct Records {
    /// The names of the columns.
    columns: Vec<String>,
    paths: Paths,
    explode: Option<Explode>,
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
    Ok(Arc::new(Records { columns, paths, explode }))
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
        count: 0,
    };
    let mut chunk = Chunk::default();
    for cut in cuts {
        let record = cut.span.of(&text).unwrap_or_default();
        let start = cut.span.start();
        let before = rows.count;
        let read = match tape.parse(&text, start, start + record.len()) {
            Ok(()) if tape.node(0).kind == Kind::Object => {
                rows.add(&tape, &text, records).map_err(|fault| format!("invalid JSON: {fault}"))
            }
            Ok(()) => Err("not a JSON object".to_owned()),
            Err(fault) => Err(format!("invalid JSON: {fault}")),
        };
        if let Err(reason) = read {
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
    chunk.columns = rows.columns.into_iter().map(Cells::Text).collect();
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
    count: usize,
}

impl Rows {
    fn add(&mut self, tape: &Tape, text: &str, records: &Records) -> Result<(), JsonFault> {
        let Self { columns, tail, row, notes, count } = self;
        row.fill(Span::ABSENT);
        records.paths.extract(tape, 0, text, tail, row, notes)?;
        let mut push = |row: &[Span]| {
            columns.iter_mut().zip(row).for_each(|(column, cell)| column.push(*cell));
            *count += 1;
        };
        match &records.explode {
            None => push(row),
            Some(explode) => explode.rows(tape, text, tail, row, notes, push)?,
        }
        Ok(())
    }

    fn cut_back(&mut self, count: usize) {
        self.columns.iter_mut().for_each(|column| column.truncate(count));
        self.count = count;
    }
}
