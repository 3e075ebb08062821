/*!
What stands above the first record: a `sep=` line, lines to skip, header rows.
*/

use crate::{
    config::source::Csv,
    error::{Result, codes},
    sources::{
        buffer::Buffer,
        fault::{encoding_error, file_error, line_error},
    },
};

use super::scan::{Scan, Scanner, line_breaks};

pub(crate) struct Header {
    /// From the first header row; `None` without one.
    pub(crate) names: Option<Vec<String>>,
    /// The other header rows.
    pub(crate) labels: Vec<Vec<String>>,
    /// Lines read.
    pub(crate) lines: i64,
    /// Knows the delimiter that a `sep=` line declares.
    pub(crate) scanner: Scanner,
}

pub(crate) fn read(buffer: &mut Buffer, csv: &Csv) -> Result<Header> {
    let mut csv = csv.clone();
    let mut lines = 0;
    // Excel writes the delimiter above everything else, and hides it on opening.
    if let Some(line) = peek_line(buffer)?
        && let Some(delimiter) = line.0.strip_prefix(b"sep=").filter(|sign| sign.len() == 1)
    {
        csv.delimiter = delimiter[0];
        buffer.consume(line.1);
        lines += 1;
    }
    for _ in 0..csv.skip_rows {
        let Some((_, length)) = peek_line(buffer)? else { break };
        buffer.consume(length);
        lines += 1;
    }
    let scanner = Scanner::new(&csv);
    let mut rows = Vec::new();
    while rows.len() < csv.header_rows as usize {
        let Some(row) = record(buffer, &scanner, &mut lines)? else {
            let what = if rows.is_empty() {
                "is empty: it has no header"
            } else {
                "ends within its header"
            };
            return Err(file_error(codes::HEADER_MISSING, buffer.file(), what)
                .hint("was the export cut short? remove the file or wait for it"));
        };
        rows.push(row);
    }
    let mut rows = rows.into_iter();
    let names = rows.next();
    Ok(Header { names, labels: rows.collect(), lines, scanner })
}

/// The next line without its break, and its length with it; `None` at the end of the file.
fn peek_line(buffer: &mut Buffer) -> Result<Option<(Vec<u8>, usize)>> {
    loop {
        let window = buffer.window();
        let found = memchr::memchr2(b'\n', b'\r', window);
        let complete = match found {
            Some(at) if window[at] == b'\r' => at + 1 < window.len() || buffer.finished(),
            Some(_) => true,
            None => buffer.finished(),
        };
        if !complete {
            buffer.fill(0)?;
            continue;
        }
        if window.is_empty() {
            return Ok(None);
        }
        let end = found.unwrap_or(window.len());
        let length = match &window[end..] {
            [b'\r', b'\n', ..] => end + 2,
            [] => end,
            _ => end + 1,
        };
        return Ok(Some((window[..end].to_vec(), length)));
    }
}

/// The fields of the next record as text.
fn record(buffer: &mut Buffer, scanner: &Scanner, lines: &mut i64) -> Result<Option<Vec<String>>> {
    let mut fields = Vec::new();
    loop {
        let window = buffer.window();
        if window.is_empty() && buffer.finished() {
            return Ok(None);
        }
        match scanner.record(window, buffer.finished(), &mut fields) {
            Scan::NeedMore => buffer.fill(0)?,
            Scan::Blank { end } => {
                buffer.consume(end);
                *lines += 1;
            }
            Scan::Unclosed { quote } => {
                let line = *lines + 1 + line_breaks(&window[..quote]);
                let message = "a quote in the header is never closed";
                return Err(line_error(codes::MALFORMED, buffer.file(), line, message));
            }
            Scan::Record { end, text_end, lines: passed, .. } => {
                let text = std::str::from_utf8(&window[..text_end]).map_err(|error| {
                    let offset = buffer.offset() + error.valid_up_to() as u64;
                    encoding_error(buffer.file(), buffer.encoding(), offset)
                })?;
                let cells = fields.iter().map(|field| {
                    let cell = &text[field.start..field.end];
                    let mut meant = String::new();
                    if field.escaped {
                        scanner.unescape(cell, &mut meant);
                    } else {
                        meant.push_str(cell);
                    }
                    meant
                });
                let cells = cells.collect();
                buffer.consume(end);
                *lines += passed;
                return Ok(Some(cells));
            }
        }
    }
}
