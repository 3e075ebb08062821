/*!
Delimited text: header, records, ragged rows.

Every cell is text here. Lines are counted as an editor shows them; a record's line is where it
begins. Empty lines are no rows. A record with more or fewer fields than the header, or with text
after a closing quote, is refused with its reason; a quote that is never closed stops the file.
*/

use std::sync::Arc;

use crate::{
    config::source::{Column, Source},
    error::{Result, codes},
};

use super::{
    bind::bind,
    buffer::{Buffer, CHUNK_BYTES},
    chunk::{Cells, Chunk, Pending, RecordReader, Refused, Span},
    fault::{encoding_error, line_error},
};

mod header;
mod scan;

pub(crate) use scan::line_breaks;

use scan::{Field, Flaw, Scan, Scanner};

/// One open file of delimited text.
pub(crate) struct CsvReader {
    buffer: Buffer,
    scanner: Arc<Scanner>,
    /// Field numbers of the declared columns; none for one that the file may lack.
    positions: Vec<Option<usize>>,
    /// Fields of a record.
    width: usize,
    line: i64,
    fields: Vec<Field>,
    labels: Vec<Vec<String>>,
}

/// A record that is not taken over, still as positions.
struct Flawed {
    line: i64,
    span: Span,
    reason: String,
}

/// An escaped cell: column, row.
type Escaped = (usize, usize);

impl CsvReader {
    /// Reads the header and binds the columns.
    pub(crate) fn open(mut buffer: Buffer, source: &Source) -> Result<Self> {
        let header = header::read(&mut buffer, &source.csv)?;
        let (positions, width) = match &header.names {
            Some(names) => (bind(buffer.file(), names, source)?, names.len()),
            None => {
                let positions = by_number(&source.columns);
                // Without a header the last declared column is the last of the file.
                let width = positions.iter().flatten().max().map_or(0, |last| last + 1);
                (positions, width)
            }
        };
        let labels = positions
            .iter()
            .map(|at| header.labels.iter().filter_map(|row| row.get((*at)?).cloned()).collect())
            .collect();
        Ok(Self {
            buffer,
            scanner: Arc::new(header.scanner),
            positions,
            width,
            line: header.lines + 1,
            fields: Vec::new(),
            labels,
        })
    }

    fn flaw(&self, flaw: Option<Flaw>) -> Option<String> {
        if flaw == Some(Flaw::TextAfterQuote) {
            return Some("text after a closing quote".to_owned());
        }
        let count = self.fields.len();
        (count != self.width).then(|| format!("{count} fields instead of {}", self.width))
    }
}

/// Without a header a column's `from` is its number, counted from 1; else its place in the list.
fn by_number(columns: &[Column]) -> Vec<Option<usize>> {
    let number = |column: &Column| {
        column.from.iter().find_map(|from| from.parse::<usize>().ok()?.checked_sub(1))
    };
    columns.iter().enumerate().map(|(at, column)| Some(number(column).unwrap_or(at))).collect()
}

impl RecordReader for CsvReader {
    fn labels(&self) -> Vec<Vec<String>> {
        self.labels.clone()
    }

    fn next_records(&mut self, limit: usize) -> Result<Option<Pending>> {
        let mut columns = vec![Vec::with_capacity(limit); self.positions.len()];
        let mut lines = Vec::with_capacity(limit);
        let mut records = Vec::with_capacity(limit);
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
                    if let Some(reason) = self.flaw(flaw) {
                        flawed.push(Flawed { line: self.line, span, reason });
                    } else {
                        let row = lines.len();
                        for (index, position) in self.positions.iter().enumerate() {
                            let Some(field) = position.map(|at| self.fields[at]) else {
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
        let text = self.buffer.window()[..at].to_vec();
        let offset = self.buffer.offset();
        self.buffer.consume(at);
        let scanner = Arc::clone(&self.scanner);
        let (file, encoding) = (self.buffer.file().to_owned(), self.buffer.encoding().to_owned());
        Ok(Some(Box::new(move || {
            let mut text = String::from_utf8(text).map_err(|error| {
                let within = error.utf8_error().valid_up_to() as u64;
                encoding_error(&file, &encoding, offset + within)
            })?;
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
            Ok(Chunk { text, columns, lines, records, refused })
        })))
    }
}
