/*!
JSON: one object per line, arrays, arrays in an envelope, streams of documents.

Every record is parsed on its own; there is no inference, so a key that first appears in the last
record is found like any other. A record that is no JSON object is refused with its reason.
*/

use std::sync::Arc;

use crate::{
    config::source::Source,
    error::{Error, Result, codes},
};

use super::{
    buffer::Buffer,
    chunk::{Cells, Chunk, Pending, Refused, Span},
    fault::encoding_error,
};

pub(crate) mod cell;
pub(crate) mod path;
pub(crate) mod tape;

mod documents;
mod lines;

pub(crate) use documents::DocumentsReader;
pub(crate) use lines::LinesReader;

use path::Paths;
use tape::{Kind, Tape, compact};

/// A record cut out of the text, and the line it begins at.
struct Cut {
    span: Span,
    line: i64,
}

/// Takes the first `end` bytes off the buffer; parsing the records in them is left for later.
fn take(buffer: &mut Buffer, end: usize, cuts: Vec<Cut>, paths: &Arc<Paths>) -> Pending {
    let text = buffer.window()[..end].to_vec();
    let offset = buffer.offset();
    buffer.consume(end);
    let (file, encoding) = (buffer.file().to_owned(), buffer.encoding().to_owned());
    let paths = Arc::clone(paths);
    Box::new(move || {
        let text = String::from_utf8(text).map_err(|error| {
            let within = error.utf8_error().valid_up_to() as u64;
            encoding_error(&file, &encoding, offset + within)
        })?;
        Ok(parse(text, &cuts, &paths))
    })
}

fn parse(mut text: String, cuts: &[Cut], paths: &Paths) -> Chunk {
    let mut tape = Tape::default();
    let mut tail = String::new();
    let mut columns = vec![Vec::with_capacity(cuts.len()); paths.columns()];
    let mut ranks = Vec::new();
    let mut chunk = Chunk::default();
    for cut in cuts {
        let record = cut.span.of(&text).unwrap_or_default();
        let start = cut.span.start();
        let parsed = tape.parse(&text, start, start + record.len());
        let extracted = match parsed {
            Ok(()) if tape.node(0).kind == Kind::Object => paths
                .extract(&tape, &text, &mut tail, &mut columns, &mut ranks)
                .map_err(|fault| format!("invalid JSON: {fault}")),
            Ok(()) => Err("not a JSON object".to_owned()),
            Err(fault) => Err(format!("invalid JSON: {fault}")),
        };
        if let Err(reason) = extracted {
            chunk.refused.push(Refused { line: cut.line, raw: record.to_owned(), reason });
            continue;
        }
        chunk.lines.push(cut.line);
        chunk.records.push(if record.contains('\n') {
            let from = tail.len();
            compact(record, &mut tail);
            Span::new(text.len() + from, text.len() + tail.len())
        } else {
            cut.span
        });
    }
    text.push_str(&tail);
    chunk.text = text;
    chunk.columns = columns.into_iter().map(Cells::Text).collect();
    chunk
}

/// The paths of a source's columns.
pub(crate) fn paths(source: &Source) -> Result<Arc<Paths>> {
    let paths = Paths::new(&source.columns).map_err(|message| {
        Error::usage(codes::INVALID_VALUE, format!("source `{}`: {message}", source.name))
    })?;
    Ok(Arc::new(paths))
}
