/*!
Delimited text: header, records, ragged rows.

Every cell is text here. Lines are counted as an editor shows them; a record's line is where it
begins. Empty lines are no rows, nor are those with nothing but delimiters. A record with more or
fewer fields than there are names (unless the source says `ragged: pad`), or with text after a
closing quote, is refused with its reason; a quote that is never closed stops the file.
*/

use std::sync::Arc;

use crate::{
    config::{
        reading::{Names, Ragged},
        source::{Column, Source},
    },
    error::{Result, codes},
};

use super::{
    bind::{Bound, bind, by_number},
    buffer::{Buffer, CHUNK_BYTES},
    chunk::{Cells, Chunk, Pending, RecordReader, Refused, Span, spans},
    drift::Seen,
    fault::line_error,
    files::InputFile,
};

pub(crate) mod header;
mod peek;
mod scan;

pub(crate) use peek::{Peeked, peek};
pub(crate) use scan::line_breaks;

use scan::{Field, Flaw, Scan, Scanner};

/// One open file of delimited text.
pub(crate) struct CsvReader {
    buffer: Buffer,
    scanner: Arc<Scanner>,
    layout: Layout,
    source: Source,
    line: i64,
    fields: Vec<Field>,
    labels: Vec<Vec<String>>,
}

/// Which fields feed the declared columns.
struct Layout {
    bound: Bound,
    /// Fields of a record; those without a name at the end may be left out.
    width: usize,
    /// Fields up to the last one with a name.
    named: usize,
}

/// A record that is not taken over, still as positions.
struct Flawed {
    line: i64,
    span: Span,
    reason: String,
}

/// An escaped cell: column, row.
type Escaped = (usize, usize);

impl Layout {
    fn by_name(file: &str, names: &[String], source: &Source) -> Result<Self> {
        let last = names.iter().rposition(|name| !name.trim().is_empty());
        Ok(Self {
            bound: bind(file, names, source)?,
            width: names.len(),
            named: last.map_or(0, |last| last + 1),
        })
    }

    /// The last declared column is the last of the file.
    fn by_number(columns: &[Column]) -> Self {
        let bound = by_number(columns);
        let width = bound.positions.iter().flatten().max().map_or(0, |last| last + 1);
        Self { bound, width, named: width }
    }
}

impl CsvReader {
    /// Reads the header and binds the columns.
    pub(crate) fn open(mut buffer: Buffer, file: &InputFile, source: &Source) -> Result<Self> {
        let header = header::read(&mut buffer, file, &source.csv)?;
        let layout = match &header.names {
            Some(names) => Layout::by_name(buffer.file(), names, source)?,
            None => Layout::by_number(&source.columns),
        };
        let labels = layout
            .bound
            .positions
            .iter()
            .map(|at| header.labels.iter().filter_map(|row| row.get((*at)?).cloned()).collect())
            .collect();
        Ok(Self {
            buffer,
            scanner: Arc::new(header.scanner),
            layout,
            source: source.clone(),
            line: header.lines + 1,
            fields: Vec::new(),
            labels,
        })
    }

    /// Why the record of `text` that the fields were cut from is not taken over.
    fn flaw(&self, flaw: Option<Flaw>, text: &[u8]) -> Option<String> {
        if flaw == Some(Flaw::TextAfterQuote) {
            return Some("text after a closing quote".to_owned());
        }
        let count = self.fields.len();
        let Layout { width, named, .. } = self.layout;
        let fits = (named..=width).contains(&count)
            || self.source.csv.ragged == Ragged::Pad
                && self.fields.iter().skip(width).all(|field| is_empty(text, *field));
        (!fits).then(|| format!("{count} fields instead of {width}"))
    }

    /// The names that a line gives to the columns of the records after it.
    fn renamed(&self, line: std::ops::Range<usize>) -> Option<Vec<String>> {
        let csv = &self.source.csv;
        let Names::Line(prefix) = &csv.names else { return None };
        let names = header::listed(&self.buffer.window()[line], prefix)?;
        Some(header::told_apart(names, csv.repeated_names))
    }
}

fn is_empty(text: &[u8], field: Field) -> bool {
    text[field.start..field.end].trim_ascii().is_empty()
}

impl RecordReader for CsvReader {
    fn labels(&self) -> Vec<Vec<String>> {
        self.labels.clone()
    }

    fn seen(&self) -> Vec<(String, Seen)> {
        vec![(self.buffer.file().to_owned(), self.layout.bound.seen.clone())]
    }

    fn next_records(&mut self, limit: usize) -> Result<Option<Pending>> {
        // A record has a byte for each of its fields.
        let room = limit.min(CHUNK_BYTES / self.layout.width.max(1) + 1);
        let mut columns = spans(self.source.columns.len(), room);
        let mut lines = Vec::with_capacity(room);
        let mut records = Vec::with_capacity(room);
        let mut flawed = Vec::new();
        let mut escaped: Vec<Escaped> = Vec::new();
        let mut at = 0;
        while lines.len() + flawed.len() < limit && at < CHUNK_BYTES {
            let window = &self.buffer.window()[at..];
            if window.is_empty() && self.buffer.finished() {
                break;
            }
            match self.scanner.record(window, self.buffer.finished(), &mut self.fields) {
                Scan::NeedMore => self.buffer.fill(at)?,
                Scan::Blank { end } => {
                    at += end;
                    self.line += 1;
                }
                Scan::Comment { end, text_end } => {
                    if let Some(names) = self.renamed(at..at + text_end) {
                        // The records of a chunk are laid out alike.
                        if at > 0 {
                            break;
                        }
                        self.layout = Layout::by_name(self.buffer.file(), &names, &self.source)?;
                    }
                    at += end;
                    self.line += 1;
                }
                Scan::Unclosed { quote } => {
                    let line = self.line + scan::line_breaks(&window[..quote]);
                    return Err(line_error(
                        codes::MALFORMED,
                        self.buffer.file(),
                        line,
                        "the quote that opens here is never closed",
                    )
                    .hint("if quotes mean nothing in this export, declare `csv: {quote: \"\"}`"));
                }
                Scan::Record { end, text_end, lines: passed, flaw } => {
                    let span = Span::new(at, at + text_end);
                    if let Some(reason) = self.flaw(flaw, window) {
                        flawed.push(Flawed { line: self.line, span, reason });
                    } else {
                        let row = lines.len();
                        for (index, position) in self.layout.bound.positions.iter().enumerate() {
                            let Some(field) = position.and_then(|at| self.fields.get(at)) else {
                                columns[index].push(Span::ABSENT);
                                continue;
                            };
                            columns[index].push(Span::new(at + field.start, at + field.end));
                            if field.escaped {
                                escaped.push((index, row));
                            }
                        }
                        lines.push(self.line);
                        records.push(span);
                    }
                    at += end;
                    self.line += passed;
                }
            }
        }
        if at == 0 {
            return Ok(None);
        }
        let taken = self.buffer.take(at);
        let scanner = Arc::clone(&self.scanner);
        let digs = Arc::clone(&self.layout.bound.digs);
        Ok(Some(Box::new(move || {
            let mut text = taken.text()?;
            let refused = flawed
                .into_iter()
                .map(|flawed| Refused {
                    line: flawed.line,
                    raw: flawed.span.of(&text).unwrap_or_default().to_owned(),
                    reason: flawed.reason,
                })
                .collect();
            for (column, row) in escaped {
                let mut meant = String::new();
                let cell = &mut columns[column][row];
                scanner.unescape(cell.of(&text).unwrap_or_default(), &mut meant);
                let start = text.len();
                text.push_str(&meant);
                *cell = Span::new(start, text.len());
            }
            let columns = columns.into_iter().map(Cells::Text).collect();
            let mut chunk = Chunk { text, columns, lines, records, refused, ..Chunk::default() };
            digs.iter().for_each(|dig| dig.apply(&mut chunk));
            Ok(chunk)
        })))
    }
}
